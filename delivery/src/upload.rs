//! Files on their way into an object store, in pieces. The library makes each request and judges each answer, but its bodies are
//! in memory: so it makes one without a body, which is given the file's length and digest, signed again and sent with the file.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Take};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream;
use object_store::aws::{AwsAuthorizer, AwsCredentialProvider};
use object_store::azure::{AzureAuthorizer, AzureCredentialProvider};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
};
use object_store::{ClientOptions, HeaderValue};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH};
use tokio::time::timeout;

use crate::place::PIECE;

/// A store answers a write with an error document at most, in bytes; a proxy before it may have more to say.
const MAX_ANSWER: usize = 1 << 16;

/// Who signs what is sent.
pub enum Signer {
    /// Signature version 4, with the body's SHA-256 in it: the store compares it with what came.
    S3 { credentials: AwsCredentialProvider, region: String },
    /// Shared Key, with the body's length in it. Tokens and shared access signatures say nothing of a body.
    Azure { credentials: AzureCredentialProvider, account: String },
}

/// A file that is to be the body of a request; handed to the library beside the request. Each attempt begins it again.
#[derive(Clone)]
pub struct Upload {
    pub file: PathBuf,
    pub bytes: u64,
    pub sha256: [u8; 32],
    pub signer: Arc<Signer>,
}

impl Upload {
    /// Makes a request that was made for an empty body one for the file.
    async fn describe(&self, request: &mut HttpRequest) -> object_store::Result<()> {
        request.headers_mut().insert(CONTENT_LENGTH, self.bytes.into());
        match &*self.signer {
            Signer::S3 { credentials, region } => {
                let checksum = HeaderValue::try_from(STANDARD.encode(self.sha256)).map_err(generic)?;
                request.headers_mut().insert("x-amz-checksum-sha256", checksum);
                if is_signed_by(request, b"AWS4-HMAC-SHA256 ") {
                    let credential = credentials.get_credential().await?;
                    AwsAuthorizer::new(&credential, "s3", region).try_authorize(request, Some(&self.sha256))?;
                }
            }
            Signer::Azure { credentials, account } => {
                if is_signed_by(request, b"SharedKey ") {
                    // The library adds one, and two are none.
                    request.headers_mut().remove(AUTHORIZATION);
                    let credential = credentials.get_credential().await?;
                    AzureAuthorizer::new(&credential, account).try_authorize(request)?;
                }
            }
        }
        Ok(())
    }
}

fn is_signed_by(request: &HttpRequest, scheme: &[u8]) -> bool {
    request.headers().get(AUTHORIZATION).is_some_and(|value| value.as_bytes().starts_with(scheme))
}

fn generic(error: impl std::error::Error + Send + Sync + 'static) -> object_store::Error {
    object_store::Error::Generic { store: "upload", source: Box::new(error) }
}

/// Gives the library a client that sends files as well.
#[derive(Debug)]
pub struct Uploads {
    client: reqwest::Client,
    patience: Duration,
}

impl Uploads {
    /// `is_plain` allows an endpoint without TLS. The process has its provider of cryptography already.
    pub fn new(patience: Duration, is_plain: bool) -> object_store::Result<Self> {
        // Without a read timeout: here it would count from the first byte that is sent, and no line brings a large file in it.
        // A connection for each file: one that the store has closed meanwhile is noticed when the file is half read.
        let client = reqwest::Client::builder()
            .connect_timeout(patience)
            .pool_max_idle_per_host(0)
            .http1_only()
            .https_only(!is_plain)
            .build()
            .map_err(generic)?;
        Ok(Self { client, patience })
    }
}

impl HttpConnector for Uploads {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let ordinary = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(Uploading { ordinary, files: self.client.clone(), patience: self.patience }))
    }
}

#[derive(Debug)]
struct Uploading {
    ordinary: HttpClient,
    files: reqwest::Client,
    patience: Duration,
}

impl HttpService for Uploading {
    // As `async_trait` writes it.
    fn call<'a, 'call>(&'a self, mut request: HttpRequest) -> BoxFuture<'call, Result<HttpResponse, HttpError>>
    where
        'a: 'call,
        Self: 'call,
    {
        match request.extensions_mut().remove::<Upload>() {
            Some(upload) => self.send(request, upload).boxed(),
            None => self.ordinary.execute(request).boxed(),
        }
    }
}

impl Uploading {
    async fn send(&self, mut request: HttpRequest, upload: Upload) -> Result<HttpResponse, HttpError> {
        upload.describe(&mut request).await.map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
        let file = File::open(&upload.file).map_err(|error| HttpError::new(HttpErrorKind::Unknown, ours(&error)))?;
        let taken = Arc::new(AtomicU64::new(0));
        let pieces = Pieces { of: file.take(upload.bytes), taken: Arc::clone(&taken) };
        let (parts, _) = request.into_parts();
        let url = reqwest::Url::parse(&parts.uri.to_string())
            .map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
        let mut file_request = reqwest::Request::new(parts.method, url);
        *file_request.headers_mut() = parts.headers;
        *file_request.body_mut() = Some(reqwest::Body::wrap_stream(stream::iter(pieces)));
        let mut answer = self.answered(file_request, &taken).await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut body = Vec::new();
        while body.len() < MAX_ANSWER
            && let Some(piece) = timeout(self.patience, answer.chunk()).await.map_err(|_| late())?.map_err(broken)?
        {
            body.extend_from_slice(&piece);
        }
        let mut response = HttpResponse::new(body.into());
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// Waits for the head of an answer: for as long as it takes while the line takes pieces, and so long when it takes none.
    async fn answered(&self, request: reqwest::Request, taken: &AtomicU64) -> Result<reqwest::Response, HttpError> {
        let mut answer = pin!(self.files.execute(request));
        let mut before = 0;
        loop {
            if let Ok(answer) = timeout(self.patience, answer.as_mut()).await {
                return answer.map_err(broken);
            }
            let now = taken.load(Ordering::Relaxed);
            if now == before {
                return Err(late());
            }
            before = now;
        }
    }
}

fn late() -> HttpError {
    HttpError::new(HttpErrorKind::Timeout, io::Error::new(ErrorKind::TimedOut, "no answer in time"))
}

/// A line that broke may have brought the file all the same: whoever writes it again looks first, and the library does not look.
fn broken(error: reqwest::Error) -> HttpError {
    let kind = if error.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Interrupted };
    // An address can be a shared access signature.
    HttpError::new(kind, error.without_url())
}

fn ours(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("our own copy: {error}"))
}

/// The pieces of a file, one after the other: none is read before the line asks for it.
struct Pieces<R> {
    of: Take<R>,
    taken: Arc<AtomicU64>,
}

impl<R: Read> Iterator for Pieces<R> {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut piece = vec![0; PIECE];
        loop {
            match self.of.read(&mut piece) {
                Ok(0) => return None,
                Ok(read) => {
                    self.taken.fetch_add(1, Ordering::Relaxed);
                    piece.truncate(read);
                    return Some(Ok(piece));
                }
                // Of a signal: it is read again.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Some(Err(ours(&error))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use object_store::StaticCredentialProvider;
    use object_store::aws::AwsCredential;
    use object_store::azure::{AzureAccessKey, AzureCredential};
    use object_store::client::HttpRequestBody;

    use super::*;

    /// Endless, and remembers the most that it was asked for at once.
    struct Asked<'a>(&'a mut usize);

    impl Read for Asked<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            *self.0 = (*self.0).max(to.len());
            to.fill(7);
            Ok(to.len())
        }
    }

    #[test]
    fn a_file_is_never_asked_for_more_than_a_piece_and_ends_where_it_was_said_to() {
        let mut most = 0;
        let bytes = 3 * PIECE as u64 + 5;
        let taken = Arc::new(AtomicU64::new(0));
        let pieces = Pieces { of: Asked(&mut most).take(bytes), taken: Arc::clone(&taken) };
        let sizes: Vec<usize> = pieces.map(|piece| piece.unwrap().len()).collect();
        assert_eq!(sizes, [PIECE, PIECE, PIECE, 5]);
        assert_eq!(taken.load(Ordering::Relaxed), 4);
        assert_eq!(most, PIECE);
    }

    fn upload(signer: Signer) -> Upload {
        Upload { file: PathBuf::new(), bytes: 1_000_000, sha256: [0xab; 32], signer: Arc::new(signer) }
    }

    /// A request as the library makes it for an empty body.
    fn request(authorization: Option<&'static str>) -> HttpRequest {
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.uri_mut() = "https://store.example/billing/a.csv".parse().unwrap();
        request.headers_mut().insert(CONTENT_LENGTH, 0_u64.into());
        request.headers_mut().insert("if-none-match", HeaderValue::from_static("*"));
        if let Some(authorization) = authorization {
            request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_static(authorization));
        }
        request
    }

    fn of<'a>(request: &'a HttpRequest, header: &str) -> Vec<&'a str> {
        request.headers().get_all(header).iter().map(|value| value.to_str().unwrap()).collect()
    }

    #[tokio::test]
    async fn s3_is_told_length_and_digest_of_the_file_and_both_are_signed_with_its_condition() {
        let credential = AwsCredential { key_id: "id".to_owned(), secret_key: "secret".to_owned(), token: None };
        let credentials: AwsCredentialProvider = Arc::new(StaticCredentialProvider::new(credential));
        let upload = upload(Signer::S3 { credentials, region: "eu-central-1".to_owned() });
        let mut signed = request(Some("AWS4-HMAC-SHA256 of an empty body"));
        upload.describe(&mut signed).await.unwrap();
        assert_eq!(of(&signed, "content-length"), ["1000000"]);
        assert_eq!(of(&signed, "x-amz-content-sha256"), ["ab".repeat(32)]);
        assert_eq!(of(&signed, "x-amz-checksum-sha256"), [STANDARD.encode([0xab; 32])]);
        let [authorization] = of(&signed, "authorization")[..] else { panic!("signed once") };
        assert!(authorization.contains("/eu-central-1/s3/aws4_request"), "{authorization}");
        assert!(authorization.contains("if-none-match;") && authorization.contains("x-amz-checksum-sha256;"));
        // Where nobody signs, nobody begins to.
        let mut open = request(None);
        upload.describe(&mut open).await.unwrap();
        assert_eq!(of(&open, "content-length"), ["1000000"]);
        assert_eq!(of(&open, "authorization"), Vec::<&str>::new());
    }

    #[tokio::test]
    async fn azure_is_told_the_length_of_the_file_which_a_shared_key_signs_and_a_token_does_not() {
        let key = AzureAccessKey::try_new(&STANDARD.encode("key")).unwrap();
        let credentials: AzureCredentialProvider =
            Arc::new(StaticCredentialProvider::new(AzureCredential::AccessKey(key)));
        let upload = upload(Signer::Azure { credentials, account: "billing".to_owned() });
        let mut signed = request(Some("SharedKey billing:of an empty body"));
        upload.describe(&mut signed).await.unwrap();
        assert_eq!(of(&signed, "content-length"), ["1000000"]);
        let [authorization] = of(&signed, "authorization")[..] else { panic!("signed once") };
        assert!(authorization.starts_with("SharedKey billing:") && !authorization.contains("empty"), "{authorization}");
        let mut by_token = request(Some("Bearer token"));
        upload.describe(&mut by_token).await.unwrap();
        assert_eq!(of(&by_token, "content-length"), ["1000000"]);
        assert_eq!(of(&by_token, "authorization"), ["Bearer token"]);
    }
}
