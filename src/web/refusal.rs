//! What the web itself refuses, before a call reaches its service.

use std::time::Duration;

use http::StatusCode;
use tonic::{Code, Status};

use crate::api;
use crate::domain::violation::Violations;

/// Why a request did not become a call.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The JSON is not of the request's type.
    Invalid(Violations),
    /// A path that is no method's.
    NoMethod,
    /// A form of requests that is not understood.
    ContentType,
    /// A compression that is not understood.
    Compressed,
    /// The method takes a stream; these of its service do not.
    RequestStream { siblings: String },
    /// The request is larger than this many bytes.
    TooLarge { max: usize },
    /// The connection broke within the request.
    Broken,
    /// The request was not read, or the call not answered, within this time.
    TooLate(Duration),
    /// The answer has what JSON cannot say.
    Unsayable,
    /// The answer ended before it was whole.
    CutOff,
    /// A page of another site made the browser ask.
    OtherSite,
    /// Signing in without a key.
    NoKey,
    /// Signing in with a key that is none.
    WrongKey,
    /// Signing in with wrong keys, too often within this time.
    TooManyFailures(Duration),
}

impl Refusal {
    /// The HTTP status, where HTTP has a better one than the code's.
    pub(super) fn http_status(&self) -> Option<StatusCode> {
        match self {
            Refusal::NoMethod => Some(StatusCode::NOT_FOUND),
            Refusal::ContentType | Refusal::Compressed => Some(StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Refusal::TooLarge { .. } => Some(StatusCode::PAYLOAD_TOO_LARGE),
            _ => None,
        }
    }
}

impl From<Violations> for Refusal {
    fn from(violations: Violations) -> Self {
        Refusal::Invalid(violations)
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(violations) => api::invalid_fields(violations),
            Refusal::NoMethod => Status::new(
                Code::Unimplemented,
                "no such method; GET /openapi.json lists them: POST /aiusage.v1.UsageService/GetUserCost is one",
            ),
            Refusal::ContentType => Status::new(
                Code::InvalidArgument,
                "send the request as JSON, with the header \"content-type: application/json\"",
            ),
            Refusal::Compressed => Status::new(
                Code::Unimplemented,
                "send the request without compression; content-encoding is not understood here",
            ),
            Refusal::RequestStream { siblings } => Status::new(
                Code::Unimplemented,
                format!(
                    "this method takes a stream of requests, which only gRPC carries; over HTTP its service has {siblings}"
                ),
            ),
            Refusal::TooLarge { max } => Status::new(
                Code::OutOfRange,
                format!("the request has more than {max} bytes; send less at once"),
            ),
            Refusal::Broken => {
                Status::new(Code::InvalidArgument, "the request ended before it was whole")
            }
            Refusal::TooLate(max) => Status::new(
                Code::DeadlineExceeded,
                format!("not done within {} ms; try again", max.as_millis()),
            ),
            Refusal::Unsayable => Status::new(
                Code::Internal,
                "the answer has a value that JSON cannot say; call by gRPC",
            ),
            Refusal::CutOff => {
                Status::new(Code::Unavailable, "the answer ended before it was whole; try again")
            }
            Refusal::OtherSite => Status::new(
                Code::PermissionDenied,
                "sessions begin and end on pages of this server only",
            ),
            Refusal::NoKey => {
                Status::new(Code::InvalidArgument, "send the key as JSON: {\"key\": \"aiusage_…\"}")
            }
            Refusal::WrongKey => Status::new(
                Code::Unauthenticated,
                "this is no valid API key; the server names its key file at start, and `aiusage keys create` makes a key",
            ),
            Refusal::TooManyFailures(pause) => Status::new(
                Code::ResourceExhausted,
                format!("too many wrong keys; try again in {} s", pause.as_secs()),
            ),
        }
    }
}
