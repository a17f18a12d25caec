//! Files that people read: told apart by their content, never interpreted.
//!
//! Markdown and plain text go into the report; everything else is an exhibit. A file whose name and content disagree, or that ends
//! too early, is refused: an auditor would not be able to open it.

use super::decode::{Decoded, decode};

/// A file that people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentForm {
    Markdown,
    Email,
    Pdf,
    Docx,
    Png,
    Jpeg,
}

impl DocumentForm {
    pub fn word(self) -> &'static str {
        match self {
            DocumentForm::Markdown => "markdown",
            DocumentForm::Email => "email",
            DocumentForm::Pdf => "pdf",
            DocumentForm::Docx => "docx",
            DocumentForm::Png => "png",
            DocumentForm::Jpeg => "jpeg",
        }
    }

    fn endings(self) -> &'static [&'static str] {
        match self {
            DocumentForm::Markdown => &["md", "markdown", "txt"],
            DocumentForm::Email => &["eml"],
            DocumentForm::Pdf => &["pdf"],
            DocumentForm::Docx => &["docx"],
            DocumentForm::Png => &["png"],
            DocumentForm::Jpeg => &["jpg", "jpeg"],
        }
    }
}

const FORMS: [DocumentForm; 6] =
    [DocumentForm::Markdown, DocumentForm::Email, DocumentForm::Pdf, DocumentForm::Docx, DocumentForm::Png, DocumentForm::Jpeg];

/// Longer texts are exhibits only, and the report says so.
pub const RENDERED_BYTES_MAX: usize = 200_000;

/// What a document is, or why nobody could read it.
pub fn form_of(path: &str, bytes: &[u8]) -> Result<DocumentForm, String> {
    let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let Some(form) = FORMS.into_iter().find(|form| form.endings().contains(&ending.as_str())) else {
        return Err(format!("`.{ending}` is no form of a document; Markdown, PDF, DOCX, PNG, JPEG and EML are"));
    };
    if bytes.is_empty() {
        return Err("the file is empty".into());
    }
    let tail = &bytes[bytes.len().saturating_sub(1024)..];
    let holds = |part: &[u8], inside: &[u8]| inside.windows(part.len()).any(|window| window == part);
    let (starts, whole) = match form {
        DocumentForm::Pdf => (bytes.starts_with(b"%PDF-"), holds(b"%%EOF", tail)),
        DocumentForm::Docx => (bytes.starts_with(b"PK\x03\x04"), holds(b"word/document.xml", bytes) && holds(b"PK\x05\x06", tail)),
        DocumentForm::Png => (bytes.starts_with(b"\x89PNG\r\n\x1a\n"), holds(b"IEND\xae\x42\x60\x82", tail)),
        DocumentForm::Jpeg => (bytes.starts_with(&[0xff, 0xd8, 0xff]), holds(&[0xff, 0xd9], tail)),
        DocumentForm::Markdown => return text(bytes).map(|_| form),
        DocumentForm::Email => {
            let text = text(bytes)?;
            let head = text.split("\r\n\r\n").next().and_then(|head| head.split("\n\n").next()).unwrap_or_default();
            let has = |name: &str| head.lines().any(|line| line.to_ascii_lowercase().starts_with(name));
            (has("from:") && has("date:"), true)
        }
    };
    match (starts, whole) {
        (false, _) => Err(format!("it is named `.{ending}`, but its content is something else")),
        (true, false) => Err("it is cut short".into()),
        (true, true) => Ok(form),
    }
}

/// The text of a Markdown document.
pub fn text(bytes: &[u8]) -> Result<String, String> {
    match decode(bytes)? {
        Decoded::Text(text) => Ok(text),
        Decoded::Workbook(_) | Decoded::Parquet(_) | Decoded::Der(_) => Err("its content is no text".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_and_name_must_agree_and_the_file_must_be_whole() {
        let mut png = b"\x89PNG\r\n\x1a\n....".to_vec();
        assert!(form_of("a.png", &png).unwrap_err().contains("cut short"));
        png.extend(b"IEND\xae\x42\x60\x82");
        assert_eq!(form_of("a.png", &png), Ok(DocumentForm::Png));
        assert!(form_of("a.pdf", &png).unwrap_err().contains("something else"));
        assert!(form_of("a.exe", &png).unwrap_err().contains("no form of a document"));
        assert_eq!(form_of("a.PDF", b"%PDF-1.7 ... %%EOF\n"), Ok(DocumentForm::Pdf));
        assert_eq!(form_of("a.md", "# Ü".as_bytes()), Ok(DocumentForm::Markdown));
        assert!(form_of("a.md", &[0xff, 0x00, 0x01]).is_err());
        assert_eq!(form_of("a.eml", b"From: a@b.example\r\nDate: Thu\r\n\r\nHello"), Ok(DocumentForm::Email));
        assert!(form_of("a.eml", b"Hello\n\nFrom: a\nDate: b").is_err(), "the headers come first");
        assert!(form_of("a.md", b"").is_err());
    }
}
