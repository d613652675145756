//! The picture of whoever is signed in. It is kept and served as it came; what it is, its first bytes say.

use std::sync::Arc;

use axum::{
    extract::{Multipart, Path, State, multipart::MultipartRejection},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{
    caller::{Caller, Reply},
    errors::param_nil,
    resources,
};
use crate::instance::{InstanceState, clerk_error::ClerkError, store::ProfileImage, user_resource::DEFAULT_IMAGE};

/// The largest picture.
pub const MAX_IMAGE_BYTES: usize = 1024 * 1024;
const UNREADABLE: ClerkError =
    ClerkError::new(StatusCode::BAD_REQUEST, "request_body_invalid", "The picture cannot be read.");
const TOO_LARGE: ClerkError =
    ClerkError::new(StatusCode::PAYLOAD_TOO_LARGE, "image_too_large", "A picture has at most 1 MiB.");
const WRONG_TYPE: ClerkError = ClerkError::new(
    StatusCode::BAD_REQUEST,
    "image_type_not_supported",
    "A picture is a PNG, a JPEG, a GIF or a WebP.",
);
const NO_IMAGE: ClerkError = ClerkError::not_found("There is no picture with this id.");

/// `POST /v1/me/profile_image`: `file`, in a multipart form.
pub async fn create(
    State(state): State<Arc<InstanceState>>,
    caller: Caller,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, ClerkError> {
    let image = read(form.map_err(|_| UNREADABLE)?).await?;
    let (shared, session) = (Arc::clone(&state), caller.session());
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        let id = call.set_profile_image(&user.id, &image)?;
        let public_url = format!("{}{}", shared.public_origin(), shared.path(&format!("images/{id}")));
        Ok(Reply::Resource(json!({ "object": "image", "id": id, "name": null, "public_url": public_url })))
    });
    work.await
}

/// `DELETE /v1/me/profile_image`
pub async fn delete(State(state): State<Arc<InstanceState>>, caller: Caller) -> Result<Response, ClerkError> {
    let session = caller.session();
    let work = state.answer(&caller, move |call| {
        let (_, user) = session.find(call)?;
        let id = call.delete_profile_image(&user.id)?.ok_or(NO_IMAGE)?;
        Ok(Reply::Resource(resources::deleted("image", &id)))
    });
    work.await
}

/// `GET /images/{id}`: a picture. Pages on other ports may show it, too.
pub async fn show(
    State(state): State<Arc<InstanceState>>,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, ClerkError> {
    let image = if id == DEFAULT_IMAGE { nobody() } else { state.store.profile_image(id).await?.ok_or(NO_IMAGE)? };
    let content_type = HeaderValue::from_str(&image.content_type).map_err(|_| ClerkError::internal())?;
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
    ];
    Ok((headers, image.bytes))
}

/// The picture of who has none.
fn nobody() -> ProfileImage {
    ProfileImage { content_type: "image/svg+xml".to_owned(), bytes: include_bytes!("../default_image.svg").to_vec() }
}

async fn read(mut form: Multipart) -> Result<ProfileImage, ClerkError> {
    while let Some(mut field) = form.next_field().await.map_err(|_| UNREADABLE)? {
        if field.name() != Some("file") {
            continue;
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(|_| UNREADABLE)? {
            if bytes.len() + chunk.len() > MAX_IMAGE_BYTES {
                return Err(TOO_LARGE);
            }
            bytes.extend_from_slice(&chunk);
        }
        let content_type = image_type(&bytes).ok_or(WRONG_TYPE)?.to_owned();
        return Ok(ProfileImage { content_type, bytes });
    }
    Err(param_nil("file"))
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
