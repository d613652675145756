//! The body of a request, read whole to be held to its schema, and sent on as it came. An object that names a member twice
//! is no JSON here: two readers may take different ones of them, and only one was checked.

use std::{
    error::Error,
    pin::Pin,
    task::{Context as TaskContext, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{HeaderMap, StatusCode, header},
};
use http_body_util::{BodyExt, LengthLimitError};
use hyper::body::Frame;
use jsonschema::Validator;

use super::schemas::{Schemas, Violation, violations};
use crate::gateway::{
    problem::Problem,
    project::{LoadError, Node, parse_strictly},
};

/// What an operation says of its body.
pub struct BodyRules {
    is_required: bool,
    /// Each type of content, as the operation has it; those that are JSON may have a schema.
    contents: Vec<(String, Option<Validator>)>,
    max_bytes: usize,
}

/// A request whose body was looked at.
pub struct Checked {
    /// The request, whole.
    pub request: Request,
    /// What is wrong with it.
    pub complaint: Option<Complaint>,
    /// What was read of the body.
    pub seen: Bytes,
}

/// What is wrong with a body, and the status that says so.
pub struct Complaint {
    pub status: StatusCode,
    pub violations: Vec<Violation>,
}

impl Complaint {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let violation = Violation { part: "body", pointer: String::new(), message: message.into() };
        Self { status, violations: vec![violation] }
    }
}

impl BodyRules {
    /// Those of an operation, if it has a body.
    pub fn load<'d>(operation: &Node<'d>, schemas: &Schemas<'d>, max_bytes: usize) -> Result<Option<Self>, LoadError> {
        let Some(body) = operation.get("requestBody") else { return Ok(None) };
        let body = schemas.resolve(body)?;
        let mut contents = Vec::new();
        for (name, content) in body.required("content", "the types of content, each with its schema")?.members()? {
            let schema = content.get("schema").filter(|_| may_be_json(name));
            let schema = schema.map(|schema| schemas.compile(&schema)).transpose()?;
            contents.push((essence(name), schema));
        }
        let is_required = body.value().get("required") == Some(&serde_json::Value::Bool(true));
        Ok(Some(Self { is_required, contents, max_bytes }))
    }

    /// Looks at a request's body.
    ///
    /// # Errors
    /// When the client breaks off.
    pub async fn check(&self, request: Request) -> Result<Checked, Problem> {
        if request.body().is_end_stream() {
            let complaint = self.is_required.then(|| Complaint::new(StatusCode::BAD_REQUEST, "a body is required"));
            return Ok(Checked { request, complaint, seen: Bytes::new() });
        }
        match self.schema_for(request.headers()) {
            Ok(Some(schema)) => self.read_and_check(request, schema).await,
            Ok(None) => Ok(Checked { request, complaint: None, seen: Bytes::new() }),
            Err(complaint) => Ok(Checked { request, complaint: Some(complaint), seen: Bytes::new() }),
        }
    }

    /// The schema for the content that a request says it has; none where nothing is asked of it.
    fn schema_for(&self, headers: &HeaderMap) -> Result<Option<&Validator>, Complaint> {
        let refuse = |message| Err(Complaint::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
        if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
            return refuse("an encoded body is not accepted");
        }
        let mut types = headers.get_all(header::CONTENT_TYPE).iter();
        // A body that does not say what it is, is taken for JSON.
        let own = types.next().map_or(Some("application/json"), |own| own.to_str().ok()).map(essence);
        let Some(own) = own.filter(|_| types.next().is_none()) else { return refuse("one content type is needed") };
        let group = own.split('/').next().unwrap_or_default();
        let names = [own.clone(), format!("{group}/*"), "*/*".to_owned()];
        let found = names.iter().find_map(|name| self.contents.iter().find(|(content, _)| content == name));
        match found {
            Some((_, schema)) => Ok(schema.as_ref().filter(|_| is_json(&own))),
            None => refuse("this content type is not accepted"),
        }
    }

    async fn read_and_check(&self, request: Request, schema: &Validator) -> Result<Checked, Problem> {
        let (parts, mut body) = request.into_parts();
        let mut read = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| broken(&error))?;
            // Trailers are no part of the content.
            read.extend_from_slice(frame.data_ref().map(Bytes::as_ref).unwrap_or_default());
            if read.len() > self.max_bytes {
                let complaint = Complaint::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large to be checked");
                let seen = Bytes::from(read);
                let body = Body::new(Continued { begin: Some(seen.clone()), rest: body });
                return Ok(Checked { request: Request::from_parts(parts, body), complaint: Some(complaint), seen });
            }
        }
        let (complaint, seen) = (complaint_about(&read, schema), Bytes::from(read));
        let request = Request::from_parts(parts, Body::from(seen.clone()));
        Ok(Checked { request, complaint, seen })
    }
}

fn complaint_about(body: &[u8], schema: &Validator) -> Option<Complaint> {
    let text = str::from_utf8(body).map_err(|_| "the body is not text".to_owned());
    let value = text.and_then(|text| parse_strictly(text).map_err(|error| format!("the body is not JSON: {error}")));
    match value {
        Ok(value) => {
            let violations = violations(schema, &value, "body", "");
            (!violations.is_empty()).then_some(Complaint { status: StatusCode::BAD_REQUEST, violations })
        }
        Err(message) => Some(Complaint::new(StatusCode::BAD_REQUEST, message)),
    }
}

/// A policy before this one may have found the body too large.
fn broken(error: &axum::Error) -> Problem {
    let first: &(dyn Error + 'static) = error;
    if std::iter::successors(Some(first), |&cause| cause.source()).any(|cause| cause.is::<LengthLimitError>()) {
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The request's body is too large.");
    }
    Problem::bad_request("The request's body broke off.")
}

/// A content type without its parameters.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_json(essence: &str) -> bool {
    essence == "application/json" || essence.ends_with("+json")
}

/// Whether content of this type, or of these types, may be JSON.
fn may_be_json(content_type: &str) -> bool {
    let essence = essence(content_type);
    is_json(&essence) || essence.ends_with("/*")
}

/// A body of which the beginning was read already.
struct Continued {
    begin: Option<Bytes>,
    rest: Body,
}

impl HttpBody for Continued {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        match this.begin.take() {
            Some(begin) => Poll::Ready(Some(Ok(Frame::data(begin)))),
            None => Pin::new(&mut this.rest).poll_frame(context),
        }
    }
}
