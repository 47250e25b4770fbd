//! How a store fails, as tests ask for it.

use std::time::Duration;

/// Which requests fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Objects that are written.
    Write,
    /// Objects that are fetched or looked at.
    Read,
    /// Lists.
    List,
}

/// How a request fails. Codes are those of S3 and of Azure Blob Storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 503 `SlowDown` or `ServerBusy`; nothing was done.
    SlowDown,
    /// 500 `InternalError`; nothing was done.
    InternalError,
    /// 500 `InternalError` or `OperationTimedOut`, although it was done.
    InternalErrorAfterwards,
    /// 400 `BadDigest` or `Md5Mismatch`, as if what arrived were not what was sent; nothing was done.
    BadDigest,
    /// 412 `PreconditionFailed` or 409 `BlobAlreadyExists`, although there is none of this name: somebody's write that came
    /// to nothing, or one that is deleted a moment later. Nothing was done. For writes.
    SaidToBeThere,
    /// The connection ends without a reply; nothing was done.
    Broken,
    /// The connection ends without a reply, although it was done.
    BrokenAfterwards,
    /// The reply has its whole length in its head, and ends in its midst.
    CutOff,
    /// One byte of the reply's body is another; its headers are as they were.
    WrongBytes,
    /// The digest and the checksum that the reply states are those of other bytes.
    WrongDigest,
    /// The bytes are damaged when they are written down, and the reply says that all is well. For writes.
    DamagedAtRest,
    /// A list of what there was when this fault was set. Lists of Amazon and Azure are of the moment; not all stores' are.
    StaleList,
    /// 404 and a page, as something before the store answers that does not know it.
    ForeignPage,
    /// It is done as it should be, after this time.
    Late(Duration),
}
