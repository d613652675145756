//! Pictures of users and logos of organizations. They are kept and served as they came; what one is, its first bytes say.

use std::sync::Arc;

use axum::{
    extract::{FromRequest, Multipart, Path, Request, State, multipart::Field},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::IntoResponse,
};

use super::{InstanceState, clerk_error::ClerkError, store::Image};

/// The largest picture.
const MAX_IMAGE_BYTES: usize = 1024 * 1024;
/// A picture and what is around it.
pub const MAX_FORM_BYTES: usize = MAX_IMAGE_BYTES + 64 * 1024;
/// The name of the picture of nobody.
const NOBODY: &str = "default.svg";
/// There is no such picture.
pub const NO_IMAGE: ClerkError = ClerkError::not_found("There is no such picture.");

const UNREADABLE: ClerkError =
    ClerkError::new(StatusCode::BAD_REQUEST, "request_body_invalid", "The picture cannot be read.");
const TOO_LARGE: ClerkError =
    ClerkError::new(StatusCode::PAYLOAD_TOO_LARGE, "image_too_large", "A picture has at most 1 MiB.");
const WRONG_TYPE: ClerkError = ClerkError::new(
    StatusCode::BAD_REQUEST,
    "image_type_not_supported",
    "A picture is a PNG, a JPEG, a GIF or a WebP.",
);

/// The picture in the field `file` of a multipart form, if there is one. No other field is looked at.
pub struct Upload(pub Option<Image>);

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = ClerkError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ClerkError> {
        let mut form = Multipart::from_request(request, state).await.map_err(|_| UNREADABLE)?;
        while let Some(field) = form.next_field().await.map_err(|_| UNREADABLE)? {
            if field.name() == Some("file") {
                return read(field).await.map(Some).map(Self);
            }
        }
        Ok(Self(None))
    }
}

/// `GET /images/{id}`: a picture, for everybody. Pages on other ports show it, too, and Clerk's components ask for it as for
/// what scripts may read.
pub async fn show(
    State(state): State<Arc<InstanceState>>,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, ClerkError> {
    let image = if id == NOBODY { nobody() } else { state.store.image(id).await?.ok_or(NO_IMAGE)? };
    let content_type = HeaderValue::from_str(&image.content_type).map_err(|_| ClerkError::internal())?;
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    ];
    Ok((headers, image.bytes))
}

/// Where a picture is.
pub fn image_url(state: &InstanceState, id: &str) -> String {
    format!("{}{}", state.public_origin(), state.path(&format!("images/{id}")))
}

/// Where the picture of a user is. Whoever has neither a picture nor a name gets one of nobody: Clerk's components make
/// one of the name themselves, but of nothing else.
pub fn profile_image_url(state: &InstanceState, id: Option<&str>, names: [Option<&str>; 2]) -> String {
    let nameless = names.iter().all(Option::is_none);
    id.or_else(|| nameless.then_some(NOBODY)).map(|id| image_url(state, id)).unwrap_or_default()
}

/// The picture of who has none.
fn nobody() -> Image {
    Image { content_type: "image/svg+xml".to_owned(), bytes: include_bytes!("default_image.svg").to_vec() }
}

async fn read(mut field: Field<'_>) -> Result<Image, ClerkError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|_| UNREADABLE)? {
        if bytes.len() + chunk.len() > MAX_IMAGE_BYTES {
            return Err(TOO_LARGE);
        }
        bytes.extend_from_slice(&chunk);
    }
    let content_type = image_type(&bytes).ok_or(WRONG_TYPE)?.to_owned();
    Ok(Image { content_type, bytes })
}

/// What a picture is, whatever its sender calls it: markup with a picture's name would be a page of this origin.
fn image_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_what_its_first_bytes_say() {
        for (bytes, expected) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], Some("image/png")),
            (b"\xff\xd8\xff\xe0..", Some("image/jpeg")),
            (b"GIF89a..", Some("image/gif")),
            (b"RIFF\x01\x02\x03\x04WEBPVP8 ", Some("image/webp")),
            (b"RIFF\x01\x02\x03\x04WAVE", None),
            (b"<svg onload=alert(1)>", None),
            (b"<!doctype html>", None),
            (b"", None),
        ] {
            assert_eq!(image_type(bytes), expected, "{bytes:?}");
        }
    }
}
