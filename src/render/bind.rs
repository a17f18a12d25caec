//! Binds pieces of a report, each set and exported by itself, into one PDF.
//!
//! In: the pieces as the exporter writes them, with a classic cross-reference table and under the same standards; pages of numbers to stamp on
//! theirs. Out: one document with the pages, tags, bookmarks, places and attachments of all, small objects in compressed object streams.
//! What has another form than expected is refused whole. No more than one piece is read at a time, and what is done with is only kept as written.
//!
//! Objects keep their bodies; what changes are their numbers, the keys under which pages find their tags, and the ids of header cells, which
//! are only unique within a piece. The tags of a piece become a part of one document.

use super::compact::{Entry, Links, OBJECTS_MAX, Table, cross_references, object_body, object_stream, stream};
use super::objects::{entries_of, entry, integer, is_regular, listed, named, numbered, reference, references, skip, with};

/// Why pieces cannot be bound.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Unbound {
    /// The exporter wrote something in another form than expected.
    #[error("the parts of the PDF cannot be bound: {0}")]
    Form(&'static str),
    #[error("links lead nowhere: {}", .0.join(", "))]
    Links(Vec<String>),
    #[error("a part has nothing in it; a template that is set in parts sets each of them")]
    Empty,
    #[error("an attachment stands in a part other than the front; attach there only")]
    Attachment,
}

/// A number and a body, not yet written: it still points at what other pieces bring.
type Open = (usize, Vec<u8>);

/// A document in the making.
pub struct Binder {
    out: Vec<u8>,
    entries: Vec<Entry>,
    small: Vec<Open>,
    links: Links,
    parts: Vec<Part>,
    /// The next key in the tree from pages to tags.
    key: usize,
}

/// What a piece brings that is only written when all are there. Bodies have their new numbers.
struct Part {
    pages: Vec<Page>,
    /// The tag over all others of the piece.
    tag: Open,
    /// From keys to tags.
    parents: Vec<(usize, Vec<u8>)>,
    /// Header cells by id.
    ids: Vec<(Vec<u8>, Vec<u8>)>,
    /// Places by name.
    places: Vec<(Vec<u8>, Vec<u8>)>,
    /// Bookmarks of the first level, in order.
    bookmarks: Vec<Bookmark>,
    /// Whether they stand below the last bookmark of the part before.
    continues: bool,
    roles: Vec<u8>,
    catalog: Vec<u8>,
    information: Vec<u8>,
    metadata: Vec<u8>,
    identifier: Vec<u8>,
}

/// A bookmark and those right below it; all others are written.
struct Bookmark {
    own: Open,
    below: Vec<Open>,
}

struct Page {
    number: usize,
    body: Vec<u8>,
    resources: Vec<u8>,
}

impl Binder {
    pub fn new() -> Binder {
        Binder { out: Vec::new(), entries: vec![Entry::Free], small: Vec::new(), links: Links::default(), parts: Vec::new(), key: 0 }
    }

    /// Adds a piece after those before; one that goes on with the last heading of the first level has its own below that. Links of it may
    /// lead to pages of those before: `tickmark:page:` with their place among all so far.
    pub fn add(&mut self, pdf: &[u8], continues: bool) -> Result<(), Unbound> {
        let piece = Piece::read(pdf)?;
        if self.out.is_empty() {
            let first = piece.table.offsets.iter().flatten().min().ok_or(Unbound::Form("no objects"))?;
            self.out.extend_from_slice(&pdf[..*first]);
        }
        let new = Renumbering { objects: self.reserve(&piece), keys: self.key, mark: format!("{:03}-", self.parts.len()) };
        let catalog = piece.dictionary(piece.root()?)?;
        let tree = piece.reference(catalog.body, "/StructTreeRoot")?;
        let structure = piece.dictionary(tree)?;
        let tag = piece.only_reference(structure.value("/K")?)?;
        let page_tree = piece.reference(catalog.body, "/Pages")?;
        let page_numbers = references(piece.dictionary(page_tree)?.value("/Kids")?);
        let outline = entry(catalog.body, "/Outlines").and_then(reference);
        let bookmark_numbers = outline.map_or(Ok(Vec::new()), |outline| piece.chain(outline))?;
        let information = reference(trailer_value(&piece, "/Info")?).ok_or(Unbound::Form("no information"))?;
        let metadata = piece.reference(catalog.body, "/Metadata")?;

        let open = |number: usize| Ok::<Open, Unbound>((new.objects + number, new.body(piece.body(number)?)));
        let mut pages = Vec::new();
        let mut left_out = vec![piece.root()?, tree, tag, page_tree, information, metadata];
        for number in &page_numbers {
            let body = piece.dictionary(*number)?;
            let resources = reference(body.value("/Resources")?).ok_or(Unbound::Form("a page without resources"))?;
            left_out.push(resources);
            let (number, body) = open(*number)?;
            pages.push(Page { number, body, resources: new.body(piece.body(resources)?) });
        }
        left_out.extend(&page_numbers);
        left_out.extend(outline);
        let mut bookmarks = Vec::new();
        for number in bookmark_numbers {
            // Those that go on stand on the second level themselves, and what is below them stays there.
            let below = if continues { Vec::new() } else { piece.chain(number)? };
            left_out.push(number);
            left_out.extend(&below);
            bookmarks.push(Bookmark { own: open(number)?, below: below.into_iter().map(open).collect::<Result<_, _>>()? });
        }

        let parents = entry(structure.body, "/ParentTree").ok_or(Unbound::Empty)?;
        let parents = new.body(dictionary_value(parents, "/Nums")?);
        let ids = entry(structure.body, "/IDTree").map(|tree| dictionary_value(tree, "/Names")).transpose()?;
        let names = entry(catalog.body, "/Names").unwrap_or_default();
        let places = entry(names, "/Dests").map(|tree| dictionary_value(tree, "/Names")).transpose()?;
        let last_key = structure.value("/ParentTreeNextKey")?;
        let part = Part {
            parents: numbered(&parents).map(|(key, value)| (key + self.key, value.to_vec())).collect(),
            ids: named(ids.unwrap_or_default())
                .map(|(name, value)| ([b"(", new.mark.as_bytes(), &name[1..]].concat(), new.body(value)))
                .collect(),
            places: named(places.unwrap_or_default()).map(|(name, value)| (name.to_vec(), new.body(value))).collect(),
            tag: open(tag)?,
            bookmarks,
            continues,
            roles: structure.value("/RoleMap")?.to_vec(),
            catalog: new.body(catalog.body),
            information: new.body(piece.body(information)?),
            metadata: piece.body(metadata)?.to_vec(),
            identifier: trailer_value(&piece, "/ID")?.to_vec(),
            pages,
        };
        self.links.note_places(catalog.body);
        self.write(&piece, &new, &left_out)?;
        self.key += integer(last_key).ok_or(Unbound::Form("no next key"))?;
        self.links.pages.extend(part.pages.iter().map(|page| page.number));
        self.parts.push(part);
        Ok(())
    }

    /// Ends the document. The piece that was added last comes first, and gives what stands once: title, language, attachments. `numbers` has a
    /// page for each page in that order, whose content is stamped on it as a part of its foot.
    pub fn finish(mut self, numbers: &[u8]) -> Result<Vec<u8>, Unbound> {
        self.parts.rotate_right(1);
        let stamps = self.stamps(numbers)?;
        let mut parts = std::mem::take(&mut self.parts);
        let pages: Vec<Page> = parts.iter_mut().flat_map(|part| std::mem::take(&mut part.pages)).collect();
        if stamps.len() != pages.len() {
            return Err(Unbound::Form("not a number for each page"));
        }
        let [page_tree, tree, document, outline, catalog, information, metadata, stamped] = std::array::from_fn(|_| self.number());
        self.entries[stamped] = Entry::At(self.out.len());
        stream(&mut self.out, stamped, b"", b"/Artifact<</Attached[/Bottom]/Subtype/Footer/Type/Pagination>>BDC\nq/TmN Do Q\nEMC");
        let kids: Vec<usize> = pages.iter().map(|page| page.number).collect();
        for (page, stamp) in pages.into_iter().zip(&stamps) {
            let content = value(&page.body, "/Contents")?;
            let contents = [b"[", content, format!(" {stamped} 0 R]").as_bytes()].concat();
            let objects = entry(&page.resources, "/XObject").map(|value| &value[2..value.len() - 2]);
            let objects = [b"<<", objects.unwrap_or_default(), format!("/TmN {stamp} 0 R>>").as_bytes()].concat();
            let resources = with(&page.resources, &[("/XObject", &objects)]);
            let parent = format!("{page_tree} 0 R");
            let body = with(&page.body, &[("/Parent", parent.as_bytes()), ("/Contents", &contents), ("/Resources", &resources)]);
            self.put(page.number, body);
        }
        self.put(page_tree, format!("<</Type/Pages/Count {}/Kids[{}]>>", kids.len(), listed(&kids)).into_bytes());

        self.put_tags(&mut parts, tree, document)?;
        self.put_bookmarks(&mut parts, outline)?;

        let first = parts.first().ok_or(Unbound::Form("nothing to bind"))?;
        if parts.iter().skip(1).any(|part| entry(&part.catalog, "/AF").is_some()) {
            return Err(Unbound::Attachment);
        }
        let (dictionary, text) = split_stream(&first.metadata)?;
        let text = repaginated(text, kids.len())?;
        let length = text.len().to_string();
        let dictionary = with(dictionary, &[("/Length", length.as_bytes())]);
        self.put_whole(metadata, &[&dictionary, b"\nstream\n", &text, b"\nendstream"]);

        let mut places: Vec<_> = parts.iter().flat_map(|part| &part.places).collect();
        places.sort();
        let names = value(&first.catalog, "/Names").unwrap_or(b"<<>>");
        let places = [
            b"<</Names[".to_vec(),
            places.iter().flat_map(|(name, value)| [name.as_slice(), value]).flatten().copied().collect(),
            b"]>>".to_vec(),
        ];
        let names = with(names, &[("/Dests", &places.concat())]);
        let refer = |number: usize| format!("{number} 0 R").into_bytes();
        let body = with(
            &first.catalog,
            &[
                ("/Pages", &refer(page_tree)),
                ("/Metadata", &refer(metadata)),
                ("/StructTreeRoot", &refer(tree)),
                ("/Outlines", &refer(outline)),
                ("/Names", &names),
            ],
        );
        let (about, identifier) = (first.information.clone(), first.identifier.clone());
        self.put(catalog, body);
        self.put(information, about);
        self.flush();
        match std::mem::take(&mut self.links).lost() {
            lost if lost.is_empty() => {}
            lost => return Err(Unbound::Links(lost)),
        }
        let start = self.out.len();
        self.entries.push(Entry::At(start));
        let trailer = [format!("/Root {catalog} 0 R/Info {information} 0 R/ID").as_bytes(), &identifier].concat();
        cross_references(&mut self.out, &self.entries, &trailer);
        self.out.extend_from_slice(format!("startxref\n{start}\n%%EOF\n").as_bytes());
        Ok(self.out)
    }

    /// The tags of the pieces as parts of one document, and the ways to them.
    fn put_tags(&mut self, parts: &mut [Part], tree: usize, document: usize) -> Result<(), Unbound> {
        let tags: Vec<Open> = parts.iter_mut().map(|part| std::mem::take(&mut part.tag)).collect();
        let numbers: Vec<usize> = tags.iter().map(|(number, _)| *number).collect();
        let above = format!("{document} 0 R");
        for (number, body) in tags {
            self.put(number, with(&body, &[("/S", b"/Part"), ("/P", above.as_bytes())]));
        }
        self.put(document, format!("<</Type/StructElem/S/Document/P {tree} 0 R/K[{}]>>", listed(&numbers)).into_bytes());
        let roles = parts.first().map(|part| part.roles.clone()).unwrap_or_default();
        if parts.iter().any(|part| part.roles != roles) {
            return Err(Unbound::Form("parts with different roles"));
        }
        let mut parents: Vec<_> = parts.iter_mut().flat_map(|part| std::mem::take(&mut part.parents)).collect();
        parents.sort();
        let mut ids: Vec<_> = parts.iter_mut().flat_map(|part| std::mem::take(&mut part.ids)).collect();
        ids.sort();
        let mut body =
            [b"<</Type/StructTreeRoot/RoleMap", roles.as_slice(), format!("/K[{document} 0 R]/ParentTree<</Nums[").as_bytes()].concat();
        for (key, value) in parents {
            body.extend_from_slice(format!("{key} ").as_bytes());
            body.extend_from_slice(&value);
            body.push(b' ');
        }
        body.extend_from_slice(b"]>>/IDTree<</Names[");
        ids.iter().for_each(|(name, value)| body.extend([name.as_slice(), value].concat()));
        body.extend_from_slice(format!("]>>/ParentTreeNextKey {}>>", self.key).as_bytes());
        self.put(tree, body);
        Ok(())
    }

    /// The bookmarks of all parts as one tree.
    fn put_bookmarks(&mut self, parts: &mut [Part], outline: usize) -> Result<(), Unbound> {
        let mut all: Vec<Bookmark> = Vec::new();
        for part in parts {
            let own = std::mem::take(&mut part.bookmarks);
            match all.last_mut().filter(|_| part.continues) {
                Some(last) => last.below.extend(own.into_iter().map(|bookmark| bookmark.own)),
                None if part.continues => return Err(Unbound::Form("nothing to go on with")),
                None => all.extend(own),
            }
        }
        let mut first_level = Vec::new();
        for Bookmark { own: (number, body), below } in all {
            let count = format!("-{}", below.len());
            let (first, last) = self.put_chain(below, number);
            // Closed, as the exporter writes them: the count is below zero, and there is none where nothing stands below.
            let count = if first.is_empty() { &[][..] } else { count.as_bytes() };
            first_level.push((number, with(&body, &[("/First", &first), ("/Last", &last), ("/Count", count)])));
        }
        let count = first_level.len().to_string();
        let (first, last) = self.put_chain(first_level, outline);
        self.put(outline, with(b"<</Type/Outlines>>", &[("/First", &first), ("/Last", &last), ("/Count", count.as_bytes())]));
        Ok(())
    }

    /// Writes bookmarks as a chain below another one; its ends.
    fn put_chain(&mut self, chain: Vec<Open>, parent: usize) -> (Vec<u8>, Vec<u8>) {
        let refer = |number: &usize| format!("{number} 0 R").into_bytes();
        let numbers: Vec<usize> = chain.iter().map(|(number, _)| *number).collect();
        for (at, (number, body)) in chain.into_iter().enumerate() {
            let before = at.checked_sub(1).and_then(|at| numbers.get(at)).map(refer).unwrap_or_default();
            let after = numbers.get(at + 1).map(refer).unwrap_or_default();
            self.put(number, with(&body, &[("/Parent", &refer(&parent)), ("/Prev", &before), ("/Next", &after)]));
        }
        (numbers.first().map(refer).unwrap_or_default(), numbers.last().map(refer).unwrap_or_default())
    }

    /// What pages of numbers show, as objects that other pages can show too; by page.
    fn stamps(&mut self, pdf: &[u8]) -> Result<Vec<usize>, Unbound> {
        let piece = Piece::read(pdf)?;
        let new = Renumbering { objects: self.reserve(&piece), keys: 0, mark: String::new() };
        let catalog = piece.dictionary(piece.root()?)?;
        let page_tree = piece.reference(catalog.body, "/Pages")?;
        let pages = references(piece.dictionary(page_tree)?.value("/Kids")?);
        let metadata = piece.reference(catalog.body, "/Metadata")?;
        let mut left_out = vec![piece.root()?, page_tree, metadata];
        left_out.extend(reference(trailer_value(&piece, "/Info")?));
        left_out.extend(&pages);
        let mut stamps = Vec::new();
        for page in pages {
            let page = piece.dictionary(page)?;
            let (content, resources) = (piece.reference(page.body, "/Contents")?, piece.reference(page.body, "/Resources")?);
            left_out.extend([content, resources]);
            let (dictionary, _) = split_stream(piece.body(content)?)?;
            let resources = new.body(piece.body(resources)?);
            let form: [(&str, &[u8]); 4] =
                [("/Type", b"/XObject"), ("/Subtype", b"/Form"), ("/BBox", page.value("/MediaBox")?), ("/Resources", &resources)];
            let stamp = self.number();
            self.put_whole(stamp, &[&with(dictionary, &form), &piece.body(content)?[dictionary.len()..]]);
            stamps.push(stamp);
        }
        self.write(&piece, &new, &left_out)?;
        Ok(stamps)
    }

    /// Room for the objects of a piece; what their numbers grow by.
    fn reserve(&mut self, piece: &Piece<'_>) -> usize {
        let base = self.entries.len() - 1;
        self.entries.resize(base + piece.table.offsets.len(), Entry::Free);
        base
    }

    fn number(&mut self) -> usize {
        self.entries.push(Entry::Free);
        self.entries.len() - 1
    }

    /// Writes the objects of a piece under their new numbers, but for some.
    fn write(&mut self, piece: &Piece<'_>, new: &Renumbering, left_out: &[usize]) -> Result<(), Unbound> {
        let left_out: std::collections::BTreeSet<&usize> = left_out.iter().collect();
        for old in (0..piece.table.offsets.len()).filter(|old| piece.table.offsets[*old].is_some() && !left_out.contains(old)) {
            let (number, body) = (new.objects + old, piece.body(old)?);
            if body.ends_with(b"endstream") {
                let (dictionary, _) = split_stream(body)?;
                self.put_whole(number, &[&new.body(dictionary), &body[dictionary.len()..]]);
            } else {
                let body = new.body(body);
                let body = self.links.turned(&body).into_owned();
                self.put(number, body);
            }
        }
        Ok(())
    }

    fn put(&mut self, number: usize, body: Vec<u8>) {
        self.small.push((number, body));
        if self.small.len() == OBJECTS_MAX {
            self.flush();
        }
    }

    /// Writes an object outside of the streams of objects, as every stream has to be.
    fn put_whole(&mut self, number: usize, parts: &[&[u8]]) {
        self.entries[number] = Entry::At(self.out.len());
        self.out.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        parts.iter().for_each(|part| self.out.extend_from_slice(part));
        self.out.extend_from_slice(b"\nendobj\n");
    }

    /// Writes the small objects that wait, in a stream of their own.
    fn flush(&mut self) {
        if self.small.is_empty() {
            return;
        }
        let small = std::mem::take(&mut self.small);
        let number = self.number();
        for (place, (object, _)) in small.iter().enumerate() {
            self.entries[*object] = Entry::In(number, place);
        }
        self.entries[number] = Entry::At(self.out.len());
        let objects: Vec<_> = small.into_iter().map(|(number, body)| (number, body.into())).collect();
        object_stream(&mut self.out, number, &objects);
    }
}

/// A piece as the exporter wrote it.
struct Piece<'a> {
    pdf: &'a [u8],
    table: Table<'a>,
}

/// A dictionary of it.
struct Dictionary<'a> {
    body: &'a [u8],
}

impl<'a> Dictionary<'a> {
    fn value(&self, key: &'static str) -> Result<&'a [u8], Unbound> {
        value(self.body, key)
    }
}

impl<'a> Piece<'a> {
    fn read(pdf: &'a [u8]) -> Result<Piece<'a>, Unbound> {
        Table::read(pdf).map(|table| Piece { pdf, table }).ok_or(Unbound::Form("no table of objects"))
    }

    fn body(&self, number: usize) -> Result<&'a [u8], Unbound> {
        let found = || {
            let offset = (*self.table.offsets.get(number)?)?;
            object_body(self.pdf.get(offset..self.table.end_of(offset)?)?, number)
        };
        found().ok_or(Unbound::Form("an object that is not there"))
    }

    fn dictionary(&self, number: usize) -> Result<Dictionary<'a>, Unbound> {
        let body = self.body(number)?;
        if body.starts_with(b"<<") { Ok(Dictionary { body }) } else { Err(Unbound::Form("no dictionary")) }
    }

    fn root(&self) -> Result<usize, Unbound> {
        reference(trailer_value(self, "/Root")?).ok_or(Unbound::Form("no catalog"))
    }

    fn reference(&self, dictionary: &[u8], key: &'static str) -> Result<usize, Unbound> {
        reference(value(dictionary, key)?).ok_or(Unbound::Form("no reference"))
    }

    fn only_reference(&self, list: &[u8]) -> Result<usize, Unbound> {
        match references(list)[..] {
            [only] => Ok(only),
            _ => Err(Unbound::Form("not one tag over all")),
        }
    }

    /// The bookmarks of the first level.
    fn chain(&self, outline: usize) -> Result<Vec<usize>, Unbound> {
        let mut next = entry(self.dictionary(outline)?.body, "/First").and_then(reference);
        let mut chain = Vec::new();
        while let Some(number) = next.filter(|_| chain.len() < self.table.offsets.len()) {
            chain.push(number);
            next = entry(self.dictionary(number)?.body, "/Next").and_then(reference);
        }
        Ok(chain)
    }
}

fn trailer_value<'a>(piece: &Piece<'a>, key: &'static str) -> Result<&'a [u8], Unbound> {
    entries_of(piece.table.trailer)
        .find(|(own, _)| *own == key.as_bytes())
        .map(|(_, value)| value)
        .ok_or(Unbound::Form("no such entry in the trailer"))
}

/// How the objects of a piece are called in the whole.
struct Renumbering {
    /// What numbers of objects grow by.
    objects: usize,
    /// What keys from pages to tags grow by.
    keys: usize,
    /// Stands before the id of a header cell.
    mark: String,
}

impl Renumbering {
    /// A body, without the bytes of a stream, under new numbers.
    fn body(&self, body: &[u8]) -> Vec<u8> {
        /// What the token after a key means.
        #[derive(PartialEq, Clone, Copy)]
        enum After {
            Other,
            Key,
            Id,
            Headers,
        }
        let mut out = Vec::with_capacity(body.len() + body.len() / 8);
        let (mut at, mut after) = (0, After::Other);
        while at < body.len() {
            let byte = body[at];
            let end = match byte {
                b'<' if body[at..].starts_with(b"<<") => at + 2,
                b'(' | b'/' | b'<' => skip(body, at),
                _ if is_regular(byte) => skip(body, at),
                _ => at + 1,
            };
            let token = &body[at..end];
            let is_reference = body[end..].starts_with(b" 0 R");
            let grown = match integer(token) {
                Some(old) if is_reference => Some(old + self.objects),
                Some(old) if after == After::Key => Some(old + self.keys),
                _ => None,
            };
            match grown {
                Some(grown) => out.extend_from_slice(grown.to_string().as_bytes()),
                None if byte == b'(' && matches!(after, After::Id | After::Headers) => {
                    out.push(byte);
                    out.extend_from_slice(self.mark.as_bytes());
                    out.extend_from_slice(&token[1..]);
                }
                None => out.extend_from_slice(token),
            }
            at = end;
            after = match token {
                b"/StructParent" | b"/StructParents" => After::Key,
                b"/ID" => After::Id,
                b"/Headers" => After::Headers,
                // The ids of a cell stand in a list.
                b" " | b"\n" | b"[" => after,
                _ if after == After::Headers && byte == b'(' => After::Headers,
                _ => After::Other,
            };
        }
        out
    }
}

fn value<'a>(dictionary: &'a [u8], key: &'static str) -> Result<&'a [u8], Unbound> {
    entry(dictionary, key).ok_or(Unbound::Form(key))
}

/// What stands in the list of an entry, without its brackets.
fn dictionary_value<'a>(dictionary: &'a [u8], key: &'static str) -> Result<&'a [u8], Unbound> {
    let list = value(dictionary, key)?;
    list.strip_prefix(b"[").and_then(|list| list.strip_suffix(b"]")).ok_or(Unbound::Form("no list"))
}

/// The dictionary of a stream, and its bytes.
fn split_stream(body: &[u8]) -> Result<(&[u8], &[u8]), Unbound> {
    let (dictionary, rest) = body.split_at(skip(body, 0));
    let inner = rest.strip_prefix(b"\nstream\n").and_then(|rest| rest.strip_suffix(b"\nendstream"));
    inner.map(|inner| (dictionary, inner)).ok_or(Unbound::Form("no stream"))
}

/// The description of the document with the number of its pages.
fn repaginated(text: &[u8], pages: usize) -> Result<Vec<u8>, Unbound> {
    const OPEN: &str = "<xmpTPg:NPages>";
    let text = std::str::from_utf8(text).map_err(|_| Unbound::Form("metadata that is no text"))?;
    let (before, after) = text.split_once(OPEN).ok_or(Unbound::Form("no number of pages"))?;
    let (_, after) = after.split_once('<').ok_or(Unbound::Form("no number of pages"))?;
    Ok(format!("{before}{OPEN}{pages}<{after}").into_bytes())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    /// A PDF as the exporter writes it, from the bodies of its objects; the first is the catalog, the second the information.
    fn exported(objects: &[&str]) -> Vec<u8> {
        let mut pdf = b"%PDF-1.7\n%\x80\x80\n\n".to_vec();
        let mut table = format!("xref\n0 {}\n0000000000 65535 f\r\n", objects.len() + 1);
        for (number, body) in (1..).zip(objects) {
            table.push_str(&format!("{:010} 00000 n\r\n", pdf.len()));
            pdf.extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n\n").as_bytes());
        }
        let start = pdf.len();
        let size = objects.len() + 1;
        let end = format!("trailer\n<</Size {size}/Root 1 0 R/Info 2 0 R/ID[(one)(two)]>>\nstartxref\n{start}\n%%EOF");
        [pdf, table.into_bytes(), end.into_bytes()].concat()
    }

    /// A piece of one page: a heading with a bookmark and one below it, a table with a header cell, a link.
    fn piece(name: &str, link: &str) -> Vec<u8> {
        let xmp = "<x><xmpTPg:NPages>1</xmpTPg:NPages></x>";
        exported(&[
            &format!(
                "<</Type/Catalog/Pages 3 0 R/Metadata 4 0 R/Lang(en)/StructTreeRoot 5 0 R/Outlines 6 0 R/Names<</Dests<</Names[({name})12 0 R]>>>>>>"
            ),
            &format!("<</Title({name} \\(1 0 R\\))>>"),
            "<</Type/Pages/Count 1/Kids[7 0 R]>>",
            &format!("<</Length {}/Type/Metadata/Subtype/XML>>\nstream\n{xmp}\nendstream", xmp.len()),
            "<</Type/StructTreeRoot/RoleMap<</Title/P>>/K[8 0 R]/ParentTree<</Nums[0 9 0 R 1 10 0 R]>>/IDTree<</Names[(U1x0y0)9 0 R]>>/ParentTreeNextKey 2>>",
            "<</Type/Outlines/First 13 0 R/Last 13 0 R/Count 1>>",
            "<</Type/Page/Resources 15 0 R/MediaBox[0 0 100 200]/StructParents 0/Parent 3 0 R/Contents 16 0 R/Annots[11 0 R]>>",
            "<</Type/StructElem/S/Document/P 5 0 R/K[9 0 R 10 0 R]>>",
            "<</Type/StructElem/S/TH/P 8 0 R/ID(U1x0y0)/Pg 7 0 R/K[0]>>",
            "<</Type/StructElem/S/TD/P 8 0 R/A[<</O/Table/Headers[(U1x0y0) (U1x0y0)]>>]/Alt(1 0 R /ID\\(U\\))/Pg 7 0 R>>",
            &format!(
                "<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</Type/Action/S/URI/URI(tickmark:{link})>>/StructParent 1/Contents(tickmark:{link})>>"
            ),
            "[7 0 R/XYZ 0 180 0]",
            &format!("<</Parent 6 0 R/First 14 0 R/Last 14 0 R/Count -1/Title({name})/Dest 12 0 R>>"),
            &format!("<</Parent 13 0 R/Title({name} below)/Dest 12 0 R>>"),
            "<</ProcSet[/PDF]>>",
            "<</Length 3>>\nstream\nabc\nendstream",
        ])
    }

    /// The same with other words of the same length.
    fn changed(mut pdf: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
        assert_eq!(from.len(), to.len());
        let at = super::super::compact::find(&pdf, from.as_bytes()).unwrap();
        pdf[at..at + to.len()].copy_from_slice(to.as_bytes());
        pdf
    }

    fn numbers(pages: usize) -> Vec<u8> {
        let kids: Vec<String> = (0..pages).map(|page| format!("{} 0 R", 6 + page * 2)).collect();
        let mut objects = vec![
            "<</Type/Catalog/Pages 3 0 R/Metadata 4 0 R>>".to_owned(),
            "<<>>".to_owned(),
            format!("<</Type/Pages/Count {pages}/Kids[{}]>>", kids.join(" ")),
            "<</Length 0>>\nstream\n\nendstream".to_owned(),
            "<</Font<<>>>>".to_owned(),
        ];
        for page in 0..pages {
            objects.push(format!("<</Type/Page/Resources 5 0 R/MediaBox[0 0 100 200]/Parent 3 0 R/Contents {} 0 R>>", 7 + page * 2));
            objects.push(format!("<</Length 2>>\nstream\np{}\nendstream", page + 1));
        }
        exported(&objects.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Every object of a bound document by its number, wherever it stands.
    fn objects(pdf: &[u8]) -> std::collections::BTreeMap<usize, String> {
        let mut found = std::collections::BTreeMap::new();
        let text = String::from_utf8_lossy(pdf).into_owned();
        let heads = text.match_indices(" 0 obj\n").filter_map(|(at, _)| {
            let digits = text[..at].rsplit(|c: char| !c.is_ascii_digit()).next()?;
            Some((digits.parse::<usize>().ok()?, at))
        });
        for (number, at) in heads {
            let body = text[at + " 0 obj\n".len()..].split("\nendobj").next().unwrap_or_default();
            found.insert(number, body.to_owned());
        }
        let mut rest = pdf;
        while let Some(at) = super::super::compact::find(rest, b"/Type/ObjStm/N ") {
            let head = String::from_utf8_lossy(&rest[at..at + 80]).into_owned();
            let value =
                |key: &str| head.split_once(key).unwrap().1.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse::<usize>().unwrap();
            let (count, first) = (value("/N "), value("/First "));
            let start = at + super::super::compact::find(&rest[at..], b"stream\n").unwrap() + b"stream\n".len();
            let mut inside = String::new();
            flate2::read::ZlibDecoder::new(&rest[start..]).read_to_string(&mut inside).unwrap();
            let places: Vec<usize> = inside[..first].split_whitespace().map(|number| number.parse().unwrap()).collect();
            for pair in places.chunks(2).take(count) {
                let body = inside[first + pair[1]..].lines().next().unwrap();
                assert!(found.insert(pair[0], body.to_owned()).is_none(), "{} stands twice", pair[0]);
            }
            rest = &rest[start..];
        }
        found
    }

    fn bound() -> std::collections::BTreeMap<usize, String> {
        let mut binder = Binder::new();
        binder.add(&piece("body", "front"), false).unwrap();
        binder.add(&piece("more", "body"), true).unwrap();
        binder.add(&piece("front", "page:1:55.5:3"), false).unwrap();
        objects(&binder.finish(&numbers(3)).unwrap())
    }

    fn only<'a>(objects: &'a std::collections::BTreeMap<usize, String>, part: &str) -> (usize, &'a str) {
        let found: Vec<_> = objects.iter().filter(|(_, body)| body.contains(part)).collect();
        assert_eq!(found.len(), 1, "{part}: {found:?}");
        (*found[0].0, found[0].1)
    }

    #[test]
    fn pages_stand_in_order_with_their_number_and_the_front_comes_first() {
        let all = bound();
        let (_, tree) = only(&all, "/Type/Pages");
        let kids = references(value(tree.as_bytes(), "/Kids").unwrap());
        assert!(tree.contains("/Count 3") && kids.len() == 3, "{tree}");
        let keys: Vec<&str> = kids.iter().map(|kid| all[kid].split_once("/StructParents ").unwrap().1.split('/').next().unwrap()).collect();
        assert_eq!(keys, ["4", "0", "2"], "the front was added last");
        for (at, kid) in kids.iter().enumerate() {
            let page = all[kid].as_bytes();
            let contents = references(value(page, "/Contents").unwrap());
            assert!(all[&contents[0]].contains("stream\nabc\n"), "{}", all[&contents[0]]);
            let shown = value(value(value(page, "/Resources").unwrap(), "/XObject").unwrap(), "/TmN").unwrap();
            let stamp = &all[&reference(shown).unwrap()];
            assert!(stamp.contains("/Subtype/Form") && stamp.contains(&format!("stream\np{}\n", at + 1)), "{stamp}");
        }
        assert!(only(&all, "xmpTPg:NPages").1.contains("<xmpTPg:NPages>3<"));
    }

    #[test]
    fn tags_keep_their_ways_and_ids_stay_apart() {
        let all = bound();
        let (_, tree) = only(&all, "/Type/StructTreeRoot");
        let nums = dictionary_value(value(tree.as_bytes(), "/ParentTree").unwrap(), "/Nums").unwrap();
        let keys: Vec<(usize, usize)> = numbered(nums).map(|(key, value)| (key, reference(value).unwrap())).collect();
        assert_eq!(keys.iter().map(|(key, _)| *key).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
        assert!(keys.iter().all(|(key, tag)| all[tag].contains(if key % 2 == 0 { "/S/TH" } else { "/S/TD" })), "{keys:?}");
        let ids = dictionary_value(value(tree.as_bytes(), "/IDTree").unwrap(), "/Names").unwrap();
        let ids: Vec<(String, usize)> = named(ids).map(|(id, tag)| (String::from_utf8_lossy(id).into(), reference(tag).unwrap())).collect();
        assert_eq!(ids.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["(000-U1x0y0)", "(001-U1x0y0)", "(002-U1x0y0)"]);
        assert!(ids.iter().all(|(id, tag)| all[tag].contains(&format!("/ID{id}"))));
        let cell = only(&all, "/Headers[(001-U1x0y0) (001-U1x0y0)]").1;
        assert!(cell.contains("/Alt(1 0 R /ID\\(U\\))"), "what is said is left as it is: {cell}");
        let parts = references(value(only(&all, "/S/Document").1.as_bytes(), "/K").unwrap());
        assert!(parts.len() == 3 && parts.iter().all(|part| all[part].contains("/S/Part")));
    }

    #[test]
    fn bookmarks_are_one_tree_and_links_lead_across() {
        let all = bound();
        let chain = |above: &str| {
            let mut next = value(above.as_bytes(), "/First").ok().and_then(reference);
            let mut titles = Vec::new();
            while let Some(number) = next {
                titles.push(String::from_utf8_lossy(value(all[&number].as_bytes(), "/Title").unwrap()).into_owned());
                next = value(all[&number].as_bytes(), "/Next").ok().and_then(reference);
            }
            titles
        };
        let (_, outline) = only(&all, "/Type/Outlines");
        assert!(outline.contains("/Count 2"), "{outline}");
        assert_eq!(chain(outline), ["(front)", "(body)"]);
        let body = only(&all, "/Title(body)").1;
        assert_eq!(chain(body), ["(body below)", "(more)"], "a piece that goes on stands below the heading before");
        assert!(body.contains("/Count -2"), "{body}");
        assert_eq!(chain(only(&all, "/Title(more)").1), ["(more below)"]);

        let (_, catalog) = only(&all, "/Type/Catalog");
        let places: Vec<&[u8]> =
            named(dictionary_value(value(value(catalog.as_bytes(), "/Names").unwrap(), "/Dests").unwrap(), "/Names").unwrap())
                .map(|(name, _)| name)
                .collect();
        assert_eq!(places, [b"(body)".as_slice(), b"(front)", b"(more)"]);
        assert!(only(&all, "/Dest(front)").1.contains("/Contents(front)"));
        let pages = references(value(only(&all, "/Type/Pages").1.as_bytes(), "/Kids").unwrap());
        let across = only(&all, "/XYZ 0 55.50 0]").1;
        assert!(across.contains(&format!("/Dest[{} 0 R/XYZ", pages[2])) && across.contains("/Contents(3)"), "{across}");
        assert!(only(&all, "/Title(front \\(1 0 R\\))").1.starts_with("<<"), "the information of the front");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let added = |pdf: &[u8], continues| Binder::new().add(pdf, continues);
        assert_eq!(added(b"%PDF-1.7\n", false), Err(Unbound::Form("no table of objects")));
        let other = changed(piece("a", "a"), "/StructTreeRoot 5", "/StructTreeRood 5");
        assert!(Piece::read(&piece("a", "a")).is_ok() && added(&other, false).is_err());
        let finished = |continues, link, pages| {
            let mut binder = Binder::new();
            binder.add(&piece("body", link), continues).unwrap();
            binder.add(&piece("front", "body"), false).unwrap();
            binder.finish(&numbers(pages))
        };
        assert_eq!(finished(false, "nowhere", 2), Err(Unbound::Links(vec!["nowhere".into()])));
        assert_eq!(finished(false, "front", 3), Err(Unbound::Form("not a number for each page")));
        assert!(finished(false, "front", 2).is_ok());
        let tagless = changed(piece("a", "a"), "/ParentTree<", "/ParentTrex<");
        assert_eq!(added(&tagless, false), Err(Unbound::Empty));
        let attached = changed(piece("body", "front"), "/Lang(en)", "/AF[9 0R]");
        let mut binder = Binder::new();
        binder.add(&attached, false).unwrap();
        binder.add(&piece("front", "body"), false).unwrap();
        assert_eq!(binder.finish(&numbers(2)), Err(Unbound::Attachment));
        // The front has headings here, which the first piece then goes on with.
        assert!(finished(true, "front", 2).is_ok());
    }
}
