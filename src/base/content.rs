//! The bytes of a collected file, read when they are needed and not before: a folder of exports may be larger than memory.

use std::borrow::Cow;
use std::io::Read;
use std::sync::Arc;

use super::Digest;
use super::digest::Hasher;

/// Where bytes come from. The file system stands behind it in the binary, memory in tests.
pub trait Source: Send + Sync {
    /// How many bytes there are, as far as that is known before reading.
    fn size(&self) -> u64;
    /// Begins reading at the first byte; each call begins anew.
    fn open(&self) -> std::io::Result<Box<dyn Read + Send + '_>>;
    /// The bytes, where they are in memory anyway.
    fn held(&self) -> Option<&[u8]> {
        None
    }
}

impl Source for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn open(&self) -> std::io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(self.as_slice()))
    }

    fn held(&self) -> Option<&[u8]> {
        Some(self)
    }
}

/// The content of a file.
#[derive(Clone)]
pub struct Content(Arc<dyn Source>);

impl Content {
    pub fn new(source: impl Source + 'static) -> Content {
        Content(Arc::new(source))
    }

    pub fn size(&self) -> u64 {
        self.0.size()
    }

    pub fn open(&self) -> Result<Box<dyn Read + Send + '_>, String> {
        self.0.open().map_err(|error| unreadable(&error))
    }

    /// All bytes. The error says why they cannot be read.
    pub fn bytes(&self) -> Result<Cow<'_, [u8]>, String> {
        if let Some(held) = self.0.held() {
            return Ok(Cow::Borrowed(held));
        }
        if self.size() > WHOLE_BYTES_MAX {
            return Err(format!("it has {} bytes; a file of its kind is read whole, up to {WHOLE_BYTES_MAX} bytes", self.size()));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(self.size()).unwrap_or(0));
        self.open()?.read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        Ok(Cow::Owned(bytes))
    }

    /// The digest of all bytes and how many there are, whatever their number.
    pub fn digest(&self) -> Result<(Digest, u64), String> {
        let mut hasher = Hasher::default();
        let mut reader = self.open()?;
        let mut buffer = vec![0; HASHED_BYTES];
        let mut total = 0;
        loop {
            match reader.read(&mut buffer).map_err(|error| unreadable(&error))? {
                0 => return Ok((hasher.finish(), total)),
                count => {
                    hasher.update(&buffer[..count]);
                    total += count as u64;
                }
            }
        }
    }

    /// At most so many bytes from the beginning.
    pub fn beginning(&self, bytes_max: usize) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        self.open()?.take(bytes_max as u64).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        Ok(bytes)
    }
}

/// A file as it was found.
#[derive(Debug, Clone)]
pub struct FoundFile {
    /// Relative to the folder, with slashes.
    pub path: String,
    /// Where its bytes come from, or why they cannot be read (a link that leaves the folder, no permission, too large).
    pub content: Result<Content, String>,
}

/// What must be held in memory as a whole may not be larger than this.
const WHOLE_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// So many bytes are hashed at a time: they stay in the processor's cache between being read and being digested.
const HASHED_BYTES: usize = 64 * 1024;

fn unreadable(error: &std::io::Error) -> String {
    format!("cannot be read: {error}")
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Content {
        Content::new(bytes)
    }
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Content({} bytes)", self.size())
    }
}
