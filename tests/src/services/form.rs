//! `multipart/form-data` (RFC 7578), read as strictly as a framework's parser does.

/// A part of a form.
pub struct Part {
    pub name: String,
    pub file_name: Option<String>,
    pub content_type: Option<String>,
    pub value: Vec<u8>,
}

/// The parts, or what is wrong.
pub fn parse(content_type: Option<&str>, body: &[u8]) -> Result<Vec<Part>, &'static str> {
    let content_type = content_type.ok_or("no content type")?;
    let boundary = content_type
        .strip_prefix("multipart/form-data; boundary=")
        .filter(|boundary| (1..=70).contains(&boundary.len()))
        .ok_or("not a form with a boundary")?;
    let opening = format!("--{boundary}\r\n").into_bytes();
    let closing = format!("--{boundary}--\r\n").into_bytes();
    let delimiter = format!("\r\n--{boundary}").into_bytes();
    let mut rest = body.strip_prefix(opening.as_slice()).ok_or("the form does not start with its boundary")?;
    let mut parts = Vec::new();
    loop {
        let end = find(rest, &delimiter).ok_or("a part has no end")?;
        let (part, tail) = rest.split_at(end);
        parts.push(part_of(part)?);
        let tail = tail.get(2..).unwrap_or_default();
        if tail == closing {
            return Ok(parts);
        }
        rest = tail.strip_prefix(opening.as_slice()).ok_or("bytes after a boundary")?;
    }
}

fn part_of(part: &[u8]) -> Result<Part, &'static str> {
    let end = find(part, b"\r\n\r\n").ok_or("a part has no header")?;
    let (head, value) = part.split_at(end);
    let head = std::str::from_utf8(head).map_err(|_| "a part's header is no text")?;
    let header = |wanted: &str| {
        head.split("\r\n")
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.trim().to_owned())
    };
    let disposition = header("content-disposition").ok_or("a part has no disposition")?;
    let parameter = |wanted: &str| {
        disposition
            .split("; ")
            .skip(1)
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| *name == wanted)
            .map(|(_, value)| value.trim_matches('"').to_owned())
    };
    if !disposition.starts_with("form-data; ") {
        return Err("a part is no form data");
    }
    Ok(Part {
        name: parameter("name").ok_or("a part has no name")?,
        file_name: parameter("filename"),
        content_type: header("content-type"),
        value: value.get(4..).unwrap_or_default().to_vec(),
    })
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
