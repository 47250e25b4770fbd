//! Makes a table of the built front end, `app/dist`, for the component to embed. It does not build the front end: that is
//! `scripts/build`, which runs npm before cargo.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use sha2::{Digest, Sha256};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=app/dist");
    println!("cargo::rerun-if-changed=build.rs");
    let dist = Path::new("app/dist");
    let mut files = Vec::new();
    collect(dist, &mut files).map_err(|e| {
        io::Error::other(format!("components/console/app/dist: {e}. Build the front end first: scripts/build"))
    })?;
    files.sort();
    let mut table = String::from("pub static FILES: &[File] = &[\n");
    for path in files.iter().filter(|path| !is_compressed(path)) {
        let bytes = fs::read(path)?;
        let name = path.strip_prefix(dist).map_err(io::Error::other)?.display().to_string();
        let digest: String = Sha256::digest(&bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        writeln!(
            table,
            "    File {{ name: {name:?}, etag: \"\\\"{digest}\\\"\", plain: {}, brotli: {}, gzip: {} }},",
            embed(path)?,
            optional(&path.with_added_extension("br"))?,
            optional(&path.with_added_extension("gz"))?,
        )
        .map_err(io::Error::other)?;
    }
    table.push_str("];\n");
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo sets OUT_DIR"))?;
    fs::write(Path::new(&out).join("files.rs"), table)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if !path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
            files.push(path);
        }
    }
    Ok(())
}

fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "br" || extension == "gz")
}

fn embed(path: &Path) -> io::Result<String> {
    Ok(format!("include_bytes!({:?})", fs::canonicalize(path)?))
}

fn optional(path: &Path) -> io::Result<String> {
    if path.exists() { Ok(format!("Some({})", embed(path)?)) } else { Ok("None".to_owned()) }
}
