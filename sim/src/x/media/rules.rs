//! The sizes, types and categories of media that X accepts.

use std::time::Duration;

pub(super) const SCOPES: [&str; 1] = ["media.write"];
pub(super) const LIFETIME: Duration = Duration::from_secs(86_400);
pub(super) const PROCESSING: Duration = Duration::from_secs(1);
pub(super) const IMAGE_BYTES_MAX: usize = 5 * 1024 * 1024;
pub(super) const GIF_BYTES_MAX: usize = 15 * 1024 * 1024;
pub(super) const CHUNK_BYTES_MAX: usize = 5 * 1024 * 1024;
pub(super) const SEGMENT_INDEX_MAX: usize = 999;
pub(super) const ALT_TEXT_CHARACTERS_MAX: usize = 1000;
pub(super) const ONE_SHOT_CATEGORIES: [&str; 7] = [
    "tweet_image",
    "tweet_video",
    "tweet_gif",
    "dm_image",
    "dm_video",
    "dm_gif",
    "subtitles",
];
pub(super) const MEDIA_TYPES: [&str; 15] = [
    "video/mp4",
    "video/webm",
    "video/mp2t",
    "video/quicktime",
    "text/srt",
    "text/vtt",
    "image/jpeg",
    "image/gif",
    "image/bmp",
    "image/png",
    "image/webp",
    "image/pjpeg",
    "image/tiff",
    "model/gltf-binary",
    "model/vnd.usdz+zip",
];

/// Returns whether the first bytes are those of an image format that X accepts.
pub(super) fn is_image(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, 0xD8, 0xFF])
        || bytes.starts_with(b"\x89PNG\r\n\x1a\n")
        || bytes.starts_with(b"GIF87a")
        || bytes.starts_with(b"GIF89a")
        || (bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"))
}
