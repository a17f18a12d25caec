//! Makes a finished PDF smaller, and has its inner links lead where they say.
//!
//! In: the bytes as the exporter writes them, with a classic cross-reference table. Out: the same objects under the same numbers, those that are
//! no streams in compressed object streams, a third of the size for a tagged report, whose structure tree is a tenth of a million small
//! objects. What cannot be read that way comes back as it was. No stream is touched, so whatever was conformant stays so; every new
//! stream ends as PDF/A asks.
//!
//! An inner link arrives as one to the address `tickmark:NAME` and leaves as one to the named destination NAME (decision 28): were the
//! typesetter to resolve it, it would set every line with a link anew whenever a page number changes.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::objects::{entry, named, with};

/// Objects in one stream: enough to compress well, few enough that a reader need not unpack much for one of them.
pub(super) const OBJECTS_MAX: usize = 200;

/// The scheme of addresses that stand for places in the document itself.
pub(super) const INNER: &str = "tickmark:";

/// Inner links that lead nowhere, or all of them where the document has another form than expected.
#[derive(Debug, PartialEq, Eq)]
pub struct LostLinks(pub Vec<String>);

/// The same document with object streams and inner links; the very bytes where it has another form than expected and no such link.
pub fn compact(pdf: Vec<u8>) -> Result<Vec<u8>, LostLinks> {
    let mut links = Links::default();
    match compacted(&pdf, &mut links) {
        Some(made) => match links.lost() {
            lost if lost.is_empty() => Ok(made),
            lost => Err(LostLinks(lost)),
        },
        None if find(&pdf, format!("/URI({INNER}").as_bytes()).is_some() => Err(LostLinks(vec![INNER.to_owned()])),
        None => Ok(pdf),
    }
}

/// Inner links that were met, and the places that there are.
#[derive(Default)]
pub(super) struct Links {
    met: BTreeSet<String>,
    places: BTreeSet<String>,
    /// Pages by their number as objects: `tickmark:page:3:540.5:12` leads to the fourth of them, at that height, and is read aloud as 12.
    pub(super) pages: Vec<usize>,
}

impl Links {
    /// The body of an object with its link to a named destination, where it is an inner link.
    pub(super) fn turned<'a>(&mut self, body: &'a [u8]) -> Cow<'a, [u8]> {
        self.note_places(body);
        self.inner(body).map_or(Cow::Borrowed(body), Cow::Owned)
    }

    /// Reads the link itself: the same words in any text of the document mean nothing.
    fn inner(&mut self, body: &[u8]) -> Option<Vec<u8>> {
        find(body, format!("/URI({INNER}").as_bytes())?;
        if entry(body, "/Subtype") != Some(b"/Link") {
            return None;
        }
        let address = entry(entry(body, "/A")?, "/URI")?.strip_prefix(format!("({INNER}").as_bytes())?.strip_suffix(b")")?;
        let name = std::str::from_utf8(address).ok().filter(|name| name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\'))?;
        let (place, spoken) = match self.page(name) {
            Some(found) => found,
            None => {
                self.met.insert(name.to_owned());
                (format!("({name})"), name.to_owned())
            }
        };
        // What is read aloud names the place and not the scheme.
        let spoken = format!("({spoken})");
        let changes: [(&str, &[u8]); 3] = [("/A", b""), ("/Dest", place.as_bytes()), ("/Contents", spoken.as_bytes())];
        let kept = if entry(body, "/Contents").is_some() { &changes[..] } else { &changes[..2] };
        Some(with(body, kept))
    }

    /// The destination of an address that names a page and a height, and what is read aloud.
    fn page(&self, name: &str) -> Option<(String, String)> {
        let parts: Vec<&str> = name.strip_prefix("page:")?.split(':').collect();
        let [index, height, spoken] = parts[..] else { return None };
        let (page, height) = (self.pages.get(index.parse::<usize>().ok()?)?, height.parse::<f64>().ok()?);
        let spoken: u32 = spoken.parse().ok()?;
        Some((format!("[{page} 0 R/XYZ 0 {height:.2} 0]"), spoken.to_string()))
    }

    /// The names in the tree of named destinations, which the catalog has.
    pub(super) fn note_places(&mut self, body: &[u8]) {
        if !body.starts_with(b"<<") || entry(body, "/Type") != Some(b"/Catalog") {
            return;
        }
        let names = entry(body, "/Names").and_then(|names| entry(entry(names, "/Dests")?, "/Names"));
        let list = names.and_then(|list| list.strip_prefix(b"[")?.strip_suffix(b"]")).unwrap_or_default();
        self.places.extend(named(list).filter_map(|(name, _)| Some(std::str::from_utf8(&name[1..name.len() - 1]).ok()?.to_owned())));
    }

    pub(super) fn lost(self) -> Vec<String> {
        self.met.difference(&self.places).cloned().collect()
    }
}

pub(super) fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// Where an object stands: free, at an offset, or in an object stream at a place.
#[derive(Clone, Copy)]
pub(super) enum Entry {
    Free,
    At(usize),
    In(usize, usize),
}

fn compacted(pdf: &[u8], links: &mut Links) -> Option<Vec<u8>> {
    let table = Table::read(pdf)?;
    let first = *table.offsets.iter().flatten().min()?;
    let mut out = pdf.get(..first)?.to_vec();
    let mut entries = vec![Entry::Free; table.offsets.len()];
    let mut small: Vec<(usize, Cow<'_, [u8]>)> = Vec::new();
    for (number, offset) in table.offsets.iter().enumerate() {
        let Some(offset) = *offset else { continue };
        let whole = pdf.get(offset..table.end_of(offset)?)?;
        let body = object_body(whole, number)?;
        if body.ends_with(b"endstream") {
            entries[number] = Entry::At(out.len());
            out.extend_from_slice(whole);
        } else {
            small.push((number, links.turned(body)));
        }
    }
    for objects in small.chunks(OBJECTS_MAX) {
        let stream = entries.len();
        for (place, (number, _)) in objects.iter().enumerate() {
            entries[*number] = Entry::In(stream, place);
        }
        entries.push(Entry::At(out.len()));
        object_stream(&mut out, stream, objects);
    }
    let start = out.len();
    entries.push(Entry::At(start));
    cross_references(&mut out, &entries, table.trailer);
    out.extend_from_slice(format!("startxref\n{start}\n%%EOF\n").as_bytes());
    Some(out)
}

/// The cross-reference table of a document that was written in one go.
pub(super) struct Table<'a> {
    /// By object number; none for a free one.
    pub(super) offsets: Vec<Option<usize>>,
    /// All offsets in order, and where the table begins.
    ends: Vec<usize>,
    /// The entries of the trailer without its size.
    pub(super) trailer: &'a [u8],
}

impl<'a> Table<'a> {
    pub(super) fn read(pdf: &'a [u8]) -> Option<Table<'a>> {
        let last = pdf.windows(9).rposition(|window| window == b"startxref")?;
        let start: usize = std::str::from_utf8(&pdf[last..]).ok()?.lines().nth(1)?.trim().parse().ok()?;
        let text = std::str::from_utf8(pdf.get(start..)?).ok()?;
        let (count, rest) = text.strip_prefix("xref\n0 ")?.split_once('\n')?;
        let count: usize = count.trim().parse().ok()?;
        const LINE: usize = 20;
        let mut offsets = Vec::with_capacity(count);
        for number in 0..count {
            let line = rest.get(number * LINE..(number + 1) * LINE)?;
            let (offset, generation, kind) = (line.get(..10)?, line.get(11..16)?, line.get(17..18)?);
            offsets.push(match kind {
                "n" if generation == "00000" => Some(offset.parse().ok()?),
                "f" => None,
                _ => return None,
            });
        }
        let trailer = rest.get(count * LINE..)?.strip_prefix("trailer\n<<")?.split_once(">>\nstartxref")?.0;
        let trailer = trailer.strip_prefix(&format!("/Size {count}"))?;
        let mut ends: Vec<usize> = offsets.iter().flatten().copied().chain([start]).collect();
        ends.sort_unstable();
        Some(Table { offsets, ends, trailer: trailer.as_bytes() })
    }

    /// Where the object that begins here ends: where the next one begins.
    pub(super) fn end_of(&self, offset: usize) -> Option<usize> {
        self.ends.get(self.ends.partition_point(|end| *end <= offset)).copied()
    }
}

/// What stands between `7 0 obj` and `endobj`.
pub(super) fn object_body(whole: &[u8], number: usize) -> Option<&[u8]> {
    let body = whole.strip_prefix(format!("{number} 0 obj").as_bytes())?.trim_ascii();
    Some(body.strip_suffix(b"endobj")?.trim_ascii())
}

pub(super) fn object_stream(out: &mut Vec<u8>, number: usize, objects: &[(usize, Cow<'_, [u8]>)]) {
    let (mut index, mut bodies) = (String::new(), Vec::new());
    for (number, body) in objects {
        index.push_str(&format!("{number} {} ", bodies.len()));
        bodies.extend_from_slice(body);
        bodies.push(b'\n');
    }
    let count = objects.len();
    let first = index.len();
    let content = [index.as_bytes(), &bodies].concat();
    stream(out, number, format!("/Type/ObjStm/N {count}/First {first}").as_bytes(), &content);
}

/// The cross-reference stream that stands for table and trailer: a kind, an offset or a stream, a place, four and two bytes wide.
pub(super) fn cross_references(out: &mut Vec<u8>, entries: &[Entry], trailer: &[u8]) {
    let mut content = Vec::with_capacity(entries.len() * 7);
    for entry in entries {
        let (kind, one, two) = match *entry {
            Entry::Free => (0, 0, u16::MAX),
            Entry::At(offset) => (1, offset, 0),
            Entry::In(stream, place) => (2, stream, u16::try_from(place).expect("a stream holds few objects")),
        };
        content.push(kind);
        content.extend_from_slice(&u32::try_from(one).expect("a report stays below four gigabytes").to_be_bytes());
        content.extend_from_slice(&two.to_be_bytes());
    }
    let count = entries.len();
    let head = [format!("/Type/XRef/Size {count}/W[1 4 2]").as_bytes(), trailer].concat();
    stream(out, count - 1, &head, &content);
}

pub(super) fn stream(out: &mut Vec<u8>, number: usize, head: &[u8], content: &[u8]) {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(content).expect("writing to memory cannot fail");
    let packed = packed.finish().expect("writing to memory cannot fail");
    out.extend_from_slice(format!("{number} 0 obj\n<<").as_bytes());
    out.extend_from_slice(head);
    out.extend_from_slice(format!("/Filter/FlateDecode/Length {}>>\nstream\n", packed.len()).as_bytes());
    out.extend_from_slice(&packed);
    out.extend_from_slice(b"\nendstream\nendobj\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n\n2 0 obj\n<</Length 3>>\nstream\nabc\nendstream\nendobj\n\n\
        xref\n0 3\n0000000000 65535 f\r\n0000000009 00000 n\r\n0000000043 00000 n\r\ntrailer\n<</Size 3/Root 1 0 R>>\nstartxref\n94\n%%EOF";

    #[test]
    fn small_objects_move_and_streams_stay() {
        let made = compact(PLAIN.as_bytes().to_vec()).unwrap();
        let text = String::from_utf8_lossy(&made);
        assert!(!text.contains("/Catalog") && text.contains("stream\nabc\nendstream"), "{text}");
        assert!(text.contains("/Type/ObjStm/N 1/First 4") && text.contains("/Size 5/W[1 4 2]/Root 1 0 R"), "{text}");
        let start: usize = text.rsplit_once("startxref\n").unwrap().1.lines().next().unwrap().parse().unwrap();
        assert!(made[start..].starts_with(b"4 0 obj\n<</Type/XRef"));
    }

    #[test]
    fn what_has_another_form_comes_back_as_it_was() {
        for other in ["", "%PDF-1.7\n", &PLAIN.replace("xref\n0 3", "xref\n0 9"), &PLAIN.replace("00043", "00042")] {
            assert_eq!(compact(other.as_bytes().to_vec()).unwrap(), other.as_bytes());
        }
    }

    #[test]
    fn an_inner_link_leads_to_its_place_or_is_told() {
        let link =
            b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</Type/Action/S/URI/URI(tickmark:c-8-6-2)>>/F 4/Contents(tickmark:c-8-6-2)>>";
        let mut links = Links::default();
        let turned = links.turned(link);
        assert_eq!(turned.as_ref(), b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/F 4/Dest(c-8-6-2)/Contents(c-8-6-2)>>");
        let catalog = |names: &str| format!("<</Type/Catalog/Names<</Dests<</Names[{names}]>>>>>>").into_bytes();
        links.turned(&catalog("(c-1)3 0 R(c-8-6)4 0 R"));
        links.turned(b"<</Title(/Names[(c-8-6-2)1 0 R])>>");
        assert_eq!(links.met.difference(&links.places).collect::<Vec<_>>(), ["c-8-6-2"]);
        links.turned(&catalog("(c-8-6-2)5 0 R"));
        assert!(links.lost().is_empty());
        // What evidence says about links is text, also within an address.
        for outer in [
            "<</Subtype/Link/A<</S/URI/URI(https://example.org)>>/Contents(tickmark)>>",
            "<</Subtype/Link/A<</S/URI/URI(https://example.org/URI(tickmark:c-1))>>/Contents(x)>>",
            "<</Type/StructElem/S/H2/T(x /A<< /URI(tickmark:c-1) >> y)>>",
            "<</Subtype/Link/T(/A<< /URI(tickmark:c-1) >>)/A<</S/URI/URI(https://example.org)>>>>",
        ] {
            let mut links = Links::default();
            assert_eq!(links.turned(outer.as_bytes()).as_ref(), outer.as_bytes());
            assert!(links.met.is_empty());
        }
        let other_form = [b"%PDF-1.7\n1 0 obj\n".as_slice(), link, b"\nendobj\n"].concat();
        assert_eq!(compact(other_form), Err(LostLinks(vec!["tickmark:".into()])));
    }
}
