//! From text to raw records: each with its place in the file, whatever the shape.

use std::io::Cursor;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::adapter::{Adapter, Change};
use super::exact::{fraction_text, quote_long_numbers};
use super::format::Shape;
use super::nearest::near_header;

/// A file taken apart, before any adapter has claimed it.
pub(super) enum Parsed {
    /// JSON, YAML or PEM: documents with the line on which each begins (none for a file that is one document).
    Documents { shape: Shape, documents: Vec<Document>, broken: Vec<(String, String)> },
    /// Text that was read and has no shape an adapter knows; why.
    Plain(String),
    /// CSV or a sheet.
    Grid { shape: Shape, header: Vec<String>, rows: Vec<Row>, broken: Vec<(String, String)> },
}

pub(super) struct Document {
    /// Empty when the file is this one document, else `line:N`, or a JSON Pointer after `#` where it stands within one.
    pub place: String,
    pub value: Value,
    /// How many elements of the file's array stand before those in `value`.
    pub before: usize,
    /// How many names at the beginning of a pointer the file itself does not have (see `reshape`).
    pub added: usize,
}

impl Document {
    pub fn new(place: String, value: Value) -> Document {
        Document { place, value, before: 0, added: 0 }
    }

    /// Where the value at a pointer stands in the file.
    pub fn place_of(&self, pointer: &str) -> String {
        let own = pointer.splitn(self.added + 2, '/').nth(self.added + 1).map_or(String::new(), |rest| format!("/{rest}"));
        let shifted = self.shifted(&own);
        match (self.place.is_empty(), own.is_empty()) {
            (true, _) => format!("#{shifted}"),
            (false, true) => self.place.clone(),
            (false, false) if self.place.contains('#') => format!("{}{shifted}", self.place),
            (false, false) => format!("{}#{shifted}", self.place),
        }
    }

    fn shifted(&self, pointer: &str) -> String {
        let first = pointer.strip_prefix('/').map(|rest| rest.split_once('/').unwrap_or((rest, "")));
        match first.and_then(|(index, rest)| Some((index.parse::<usize>().ok()?, rest))) {
            Some((index, "")) if self.before > 0 => format!("/{}", index + self.before),
            Some((index, rest)) if self.before > 0 => format!("/{}/{rest}", index + self.before),
            _ => pointer.to_owned(),
        }
    }
}

pub(super) struct Row {
    pub place: String,
    pub cells: Vec<String>,
}

/// Takes text apart by what it looks like. `adapters` only serve to find the separator of CSV.
pub(super) fn parse_text<'a>(text: &str, adapters: impl Iterator<Item = &'a Adapter> + Clone) -> Result<Parsed, String> {
    let start = text.trim_start();
    if start.is_empty() {
        return Err("the file holds only blanks".into());
    }
    if start.starts_with("-----BEGIN ") || start.contains("\n-----BEGIN CERTIFICATE-----") {
        return Ok(parse_pem(text));
    }
    if start.starts_with("dn:") || start.contains("\ndn: ") || start.contains("\ndn:: ") {
        return Ok(parse_ldif(text));
    }
    if start.starts_with(['{', '[']) || matches!(start.trim_end(), "null" | "true" | "false") {
        return parse_json(text, 1, false);
    }
    let grid = parse_csv(text, adapters.clone());
    if let Some(grid) = grid {
        return Ok(grid);
    }
    if let Some(near) = near_header(text, adapters) {
        return Ok(Parsed::Plain(near));
    }
    if start.starts_with('<') {
        return Ok(Parsed::Plain("it is markup: a login page or an error page saved as an export?".into()));
    }
    Ok(parse_yaml(text).unwrap_or_else(Parsed::Plain))
}

/// One document, several one after another, or one per line; the text begins on line `first_line`. In a part of a file every broken
/// document is a broken record; in a whole file nothing is read when the first one is broken.
pub(super) fn parse_json(text: &str, first_line: usize, is_part: bool) -> Result<Parsed, String> {
    let text = &*quote_long_numbers(text);
    let mut documents = Vec::new();
    let mut broken = Vec::new();
    let mut at = 0;
    let (mut counted_to, mut line) = (0, first_line);
    while let Some(offset) = text[at..].find(|c: char| !c.is_whitespace()) {
        let start = at + offset;
        line += line_of(&text[counted_to..], start - counted_to) - 1;
        counted_to = start;
        let place = format!("line:{line}");
        let mut stream = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Strict>();
        match stream.next() {
            Some(Ok(Strict(value))) => {
                at = start + stream.byte_offset();
                documents.push(Document::new(place, value));
            }
            Some(Err(error)) => {
                if !is_part && documents.is_empty() && broken.is_empty() && !error.is_data() {
                    return Err(format!("the JSON is broken or cut short at line {}: {}", error.line(), short(&error.to_string())));
                }
                broken.push((place, short(&error.to_string())));
                // Go on with the next line that opens a document of its own.
                match text[start..].find("\n{").or_else(|| text[start..].find("\n[")) {
                    Some(next) => at = start + next + 1,
                    None => break,
                }
            }
            None => break,
        }
    }
    if let [only] = documents.as_mut_slice()
        && broken.is_empty()
        && !is_part
    {
        only.place.clear();
    }
    if documents.is_empty() && !is_part {
        return Err(broken
            .into_iter()
            .next()
            .map_or("the file holds no JSON document".into(), |(place, reason)| format!("{place}: {reason}")));
    }
    Ok(Parsed::Documents { shape: Shape::Json, documents, broken })
}

/// Elements of an array, each followed by a comma but perhaps the last; `before` elements came before them.
pub(super) fn parse_elements(text: &str, before: usize) -> Parsed {
    let text = &*quote_long_numbers(text);
    let (mut documents, mut broken) = (Vec::new(), Vec::new());
    let (mut at, mut index) = (0, before);
    while let Some(offset) = text[at..].find(|c: char| !c.is_whitespace()) {
        at += offset;
        let mut strict = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Strict>();
        let read = match strict.next() {
            Some(Ok(Strict(value))) => {
                documents.push(Document { place: String::new(), value: Value::Array(vec![value]), before: index, added: 0 });
                Some(strict.byte_offset())
            }
            Some(Err(error)) => {
                broken.push((format!("#/{index}"), short(&error.to_string())));
                // A value that only breaks a rule of ours has an end; what is no JSON has none.
                let mut loose = serde_json::Deserializer::from_str(&text[at..]).into_iter::<serde::de::IgnoredAny>();
                matches!(loose.next(), Some(Ok(_))).then(|| loose.byte_offset())
            }
            None => None,
        };
        let Some(read) = read else { break };
        at += read;
        at += text[at..].find(',').map_or(text.len() - at, |comma| comma + 1);
        index += 1;
    }
    Parsed::Documents { shape: Shape::Json, documents, broken }
}

fn parse_yaml(text: &str) -> Result<Parsed, String> {
    // Into the YAML crate's own value first: it refuses duplicate keys and alias bombs, a JSON value would not.
    let value: serde_yaml::Value = serde_yaml::from_str(text).map_err(|error| {
        format!("it is not JSON or PEM, no adapter knows its columns, and it is not YAML ({})", short(&error.to_string()))
    })?;
    let value = serde_json::to_value(value).map_err(|error| format!("the YAML has keys that are not text: {error}"))?;
    if !value.is_object() && !value.is_array() {
        return Err("it is not JSON or PEM, and no adapter knows its columns".into());
    }
    Ok(Parsed::Documents { shape: Shape::Yaml, documents: vec![Document::new(String::new(), value)], broken: Vec::new() })
}

/// CSV is tried with each usual separator; the one that gives a header some adapter knows is right.
fn parse_csv<'a>(text: &str, adapters: impl Iterator<Item = &'a Adapter> + Clone) -> Option<Parsed> {
    let (separator, header) = separator_of(text, adapters)?;
    let rows_from = {
        let mut reader = csv_reader(text, separator);
        reader.records().next();
        usize::try_from(reader.position().byte()).unwrap_or(0).min(text.len())
    };
    let first_line = text.as_bytes()[..rows_from].iter().filter(|byte| **byte == b'\n').count() + 1;
    Some(parse_grid(&text[rows_from..], separator, header, first_line))
}

/// The separator that gives a header some adapter knows, and that header.
pub(super) fn separator_of<'a>(text: &str, adapters: impl Iterator<Item = &'a Adapter> + Clone) -> Option<(u8, Vec<String>)> {
    [b',', b';', b'\t', b'|'].into_iter().find_map(|separator| {
        let first = csv_reader(text, separator).records().next()?.ok()?;
        let header = header_of(first.iter());
        let known = adapters.clone().any(|adapter| adapter.shapes.contains(&Shape::Csv) && adapter.claims_header(&header));
        known.then_some((separator, header))
    })
}

fn csv_reader(text: &str, separator: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().delimiter(separator).flexible(true).has_headers(false).from_reader(text.as_bytes())
}

/// Rows below a header; the text begins on line `first_line`.
pub(super) fn parse_grid(text: &str, separator: u8, header: Vec<String>, first_line: usize) -> Parsed {
    let (mut rows, mut broken) = (Vec::new(), Vec::new());
    let mut lines = Lines::new(text, first_line);
    let mut reader = csv_reader(text, separator);
    let mut records = reader.records().peekable();
    while let Some(record) = records.next() {
        match record {
            Ok(record) => {
                let begins = record.position().map_or(0, csv::Position::byte);
                let place = format!("line:{}", lines.of(begins));
                if records.peek().is_none() && ends_in_quotes(&text[usize::try_from(begins).unwrap_or(0)..], separator) {
                    broken.push((place, "a quote is opened here and never closed; what follows it cannot be told apart".to_owned()));
                } else if record.len() == header.len() {
                    rows.push(Row { place, cells: record.iter().map(str::to_owned).collect() });
                } else {
                    broken.push((place, format!("the record has {} cells, the header {}", record.len(), header.len())));
                }
            }
            Err(error) => {
                broken.push((format!("line:{}", lines.of(error.position().map_or(0, csv::Position::byte))), short(&error.to_string())));
            }
        }
    }
    Parsed::Grid { shape: Shape::Csv, header, rows, broken }
}

/// Whether the last record of a file is cut short within quotes, which a lenient reader takes for the end of the cell.
fn ends_in_quotes(last: &str, separator: u8) -> bool {
    let (mut quoted, mut begins) = (false, true);
    for byte in last.bytes() {
        match byte {
            // Two quotes within a cell close and open it again.
            b'"' if quoted || begins => quoted = !quoted,
            _ => {}
        }
        begins = !quoted && (byte == separator || byte == b'"' || byte == b'\n' || byte == b'\r');
    }
    quoted
}

/// Line numbers of rising byte positions, each line counted once. The CSV reader's own count is one short after CRLF.
struct Lines<'a> {
    text: &'a str,
    counted_to: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str, first_line: usize) -> Lines<'a> {
        Lines { text, counted_to: 0, line: first_line }
    }

    /// The line of the first character at or after a position that is not a line end.
    fn of(&mut self, byte: u64) -> usize {
        let from = usize::try_from(byte).unwrap_or(0).min(self.text.len());
        let skipped = self.text.as_bytes()[from..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let at = (from + skipped).max(self.counted_to);
        self.line += self.text.as_bytes()[self.counted_to..at].iter().filter(|byte| **byte == b'\n').count();
        self.counted_to = at;
        self.line
    }
}

/// The first sheet that is not empty.
pub(super) fn parse_workbook(bytes: &[u8]) -> Result<Parsed, String> {
    use calamine::Reader;
    const UNPACKED_BYTES_MAX: u64 = 256 * 1024 * 1024;
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| format!("the ZIP container is damaged: {error}"))?;
    let unpacked: u64 = (0..archive.len()).filter_map(|index| archive.by_index_raw(index).ok().map(|entry| entry.size())).sum();
    if unpacked > UNPACKED_BYTES_MAX {
        return Err(format!("the workbook unpacks to {unpacked} bytes; at most {UNPACKED_BYTES_MAX} are read"));
    }
    let mut workbook: calamine::Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes))
        .map_err(|error: calamine::XlsxError| format!("not an XLSX workbook: {error}"))?;
    for name in workbook.sheet_names() {
        let range = workbook.worksheet_range(&name).map_err(|error| format!("sheet `{name}`: {error}"))?;
        let first_row = range.start().map_or(0, |(row, _)| row as usize);
        let mut lines = range.rows().enumerate();
        let Some((_, first)) = lines.next() else {
            continue;
        };
        let text: Vec<String> = first.iter().map(cell_text).collect();
        let header = header_of(text.iter().map(String::as_str));
        let rows = lines
            .map(|(index, cells)| Row {
                place: format!("sheet:{name} row:{}", first_row + index + 1),
                cells: cells.iter().map(cell_text).collect(),
            })
            .filter(|row| row.cells.iter().any(|cell| !cell.trim().is_empty()))
            .collect();
        return Ok(Parsed::Grid { shape: Shape::Sheet, header, rows, broken: Vec::new() });
    }
    Err("the workbook has no sheet with cells".into())
}

fn cell_text(cell: &calamine::Data) -> String {
    match cell {
        calamine::Data::DateTime(value) => value.as_datetime_text(),
        calamine::Data::Float(number) => fraction_text(*number),
        other => other.to_string(),
    }
}

trait DateTimeText {
    fn as_datetime_text(&self) -> String;
}

impl DateTimeText for calamine::ExcelDateTime {
    /// Days since the workbook's epoch as a calendar day, with the time of day only where there is one.
    fn as_datetime_text(&self) -> String {
        let (year, month, day, hour, minute, second, _) = self.to_ymd_hms_milli();
        if (hour, minute, second) == (0, 0, 0) {
            format!("{year:04}-{month:02}-{day:02}")
        } else {
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
        }
    }
}

/// Column names trimmed and free of a byte order mark. A name that comes again is marked so that [`columns_of`] finds all of them.
pub(super) fn header_of<'a>(cells: impl Iterator<Item = &'a str>) -> Vec<String> {
    cells.map(|cell| cell.trim_start_matches('\u{feff}').trim().to_owned()).collect()
}

/// The positions of a column; several when its header is repeated.
pub(super) fn columns_of(header: &[String], name: &str) -> Vec<usize> {
    header.iter().enumerate().filter(|(_, have)| *have == name).map(|(index, _)| index).collect()
}

/// Every entry on its own, so that a broken one costs one record and not the file.
fn parse_ldif(text: &str) -> Parsed {
    let (mut documents, mut broken) = (Vec::new(), Vec::new());
    let mut block: Vec<String> = Vec::new();
    let mut begins = 0;
    let mut in_comment = false;
    let line_count = text.lines().count();
    for (index, line) in text.lines().chain(std::iter::once("")).enumerate() {
        if line.trim().is_empty() {
            in_comment = false;
            let lines = std::mem::take(&mut block);
            // Referrals to other directories are no entries.
            if lines.is_empty() || lines.iter().all(|line| line.starts_with("version:") || line.starts_with("ref:")) {
                continue;
            }
            let place = format!("line:{begins}");
            if index == line_count && !text.ends_with('\n') {
                broken.push((place, "the last line has no line end, so that this entry may be cut short".to_owned()));
                continue;
            }
            match ldif_parser::LdifParser::parse_entry(&lines) {
                Ok(entry) => documents.push(Document::new(place, entry_value(entry))),
                Err(error) => broken.push((place, short(&error.to_string()))),
            }
            continue;
        }
        if line.starts_with('#') {
            in_comment = true;
            continue;
        }
        match line.strip_prefix(' ') {
            // A folded line belongs to the one before it, be that a value or a comment.
            Some(_) if in_comment => {}
            Some(rest) => match block.last_mut() {
                Some(last) => last.push_str(rest),
                None => broken.push((format!("line:{}", index + 1), "a continued line without a line before it".to_owned())),
            },
            None => {
                in_comment = false;
                if block.is_empty() {
                    begins = index + 1;
                }
                block.push(line.to_owned());
            }
        }
    }
    Parsed::Documents { shape: Shape::Ldif, documents, broken }
}

/// Attributes by name, so that no map decides their order.
fn entry_value(entry: ldif_parser::LdifEntry) -> Value {
    let attributes: std::collections::BTreeMap<String, Vec<String>> = entry.attributes.into_iter().collect();
    let mut object = serde_json::Map::new();
    object.insert("dn".to_owned(), Value::String(entry.dn));
    object.insert("objectclass".to_owned(), entry.object_classes.into());
    object.extend(attributes.into_iter().map(|(name, values)| (name, values.into())));
    Value::Object(object)
}

/// A flat Parquet file: its columns, and every row with its number.
pub(super) fn parse_parquet(bytes: Vec<u8>) -> Result<Parsed, String> {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    const ROWS_MAX: i64 = 20_000_000;
    // The reader of damaged files may panic; whatever it does costs this file only.
    let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| -> Result<Parsed, String> {
        let reader =
            SerializedFileReader::new(bytes::Bytes::from(bytes)).map_err(|error| format!("the Parquet file is damaged: {error}"))?;
        let metadata = reader.metadata().file_metadata();
        if metadata.num_rows() > ROWS_MAX {
            return Err(format!("the Parquet file claims {} rows; at most {ROWS_MAX} are read", metadata.num_rows()));
        }
        let header: Vec<String> = metadata.schema().get_fields().iter().map(|field| field.name().to_owned()).collect();
        if metadata.schema().get_fields().iter().any(|field| field.is_group()) {
            return Err("the Parquet file has nested columns; export it flat".into());
        }
        let rows = reader
            .get_row_iter(None)
            .map_err(|error| format!("the Parquet file is damaged: {error}"))?
            .enumerate()
            .map(|(index, row)| {
                let row = row.map_err(|error| format!("the Parquet file is damaged at row {}: {error}", index + 1))?;
                Ok(Row { place: format!("row:{}", index + 1), cells: row.get_column_iter().map(|(_, field)| field_text(field)).collect() })
            })
            .collect::<Result<_, String>>()?;
        Ok(Parsed::Grid { shape: Shape::Parquet, header, rows, broken: Vec::new() })
    }));
    read.unwrap_or_else(|_| Err("the Parquet file is damaged".into()))
}

fn field_text(field: &parquet::record::Field) -> String {
    use parquet::record::Field;
    match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        // Bare instants are in UTC by the format's own rule.
        Field::TimestampMillis(millis) => {
            jiff::Timestamp::from_millisecond(*millis).map_or_else(|_| millis.to_string(), |at| at.to_string())
        }
        Field::TimestampMicros(micros) => {
            jiff::Timestamp::from_microsecond(*micros).map_or_else(|_| micros.to_string(), |at| at.to_string())
        }
        Field::Double(number) => fraction_text(*number),
        Field::Float(number) => fraction_text(f64::from(*number)),
        other => other.to_string().trim_matches('"').to_owned(),
    }
}

/// Every PEM block on its own, so that one broken block costs one record and not the file.
fn parse_pem(text: &str) -> Parsed {
    let (mut documents, mut broken) = (Vec::new(), Vec::new());
    let (mut counted_to, mut line) = (0, 1);
    for (start, _) in text.match_indices("-----BEGIN ") {
        line += line_of(&text[counted_to..], start - counted_to) - 1;
        counted_to = start;
        let place = format!("line:{line}");
        let end = text[start..]
            .find("-----END ")
            .and_then(|end| text[start + end..].find('\n').map(|eol| start + end + eol))
            .unwrap_or(text.len());
        let label = text[start + 11..].split("-----").next().unwrap_or_default();
        let der = |what: &str| match x509_parser::pem::parse_x509_pem(text[start..end].trim_end().as_bytes()) {
            Ok((_, pem)) => Ok(pem.contents),
            Err(error) => Err(format!("the {what} is damaged: {error}")),
        };
        match label {
            "CERTIFICATE" | "TRUSTED CERTIFICATE" => match der("PEM block").and_then(|der| certificate(&der)) {
                Ok(value) => documents.push(Document::new(place, value)),
                Err(reason) => broken.push((place, reason)),
            },
            "PKCS7" | "CMS" => match der("PKCS#7 block").and_then(|der| bundle(&der)) {
                Ok(certificates) => push_bundle(&place, certificates, &mut documents, &mut broken),
                Err(reason) => broken.push((place, reason)),
            },
            _ => {}
        }
    }
    Parsed::Documents { shape: Shape::Pem, documents, broken }
}

/// A certificate in binary form, or a PKCS#7 bundle of several.
pub(super) fn parse_der(bytes: &[u8]) -> Result<Parsed, String> {
    let (mut documents, mut broken) = (Vec::new(), Vec::new());
    match certificate(bytes) {
        Ok(value) => documents.push(Document::new(String::new(), value)),
        Err(reason) => match bundle(bytes) {
            Ok(certificates) => push_bundle("", certificates, &mut documents, &mut broken),
            Err(other) => return Err(format!("it looks like DER, but is neither a certificate ({reason}) nor a PKCS#7 bundle ({other})")),
        },
    }
    Ok(Parsed::Documents { shape: Shape::Pem, documents, broken })
}

fn push_bundle(place: &str, certificates: Vec<Vec<u8>>, documents: &mut Vec<Document>, broken: &mut Vec<(String, String)>) {
    for (index, der) in certificates.iter().enumerate() {
        let place = format!("{place}{}certificate:{}", if place.is_empty() { "" } else { " " }, index + 1);
        match certificate(der) {
            Ok(value) => documents.push(Document::new(place, value)),
            Err(reason) => broken.push((place, reason)),
        }
    }
}

/// The certificates of a PKCS#7 (CMS, RFC 5652) message with signed data.
fn bundle(der: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    use cms::cert::CertificateChoices;
    use cms::cert::x509::der::{Decode, Encode};
    let text = |error: cms::cert::x509::der::Error| short(&error.to_string());
    let message = cms::content_info::ContentInfo::from_der(der).map_err(text)?;
    let signed: cms::signed_data::SignedData = message.content.decode_as().map_err(text)?;
    let Some(set) = signed.certificates else {
        return Err("it holds no certificates".into());
    };
    set.0
        .iter()
        .filter_map(|choice| match choice {
            CertificateChoices::Certificate(certificate) => Some(certificate.to_der().map_err(text)),
            CertificateChoices::Other(_) => None,
        })
        .collect()
}

fn certificate(der: &[u8]) -> Result<Value, String> {
    use x509_parser::prelude::*;
    let (_, certificate) = X509Certificate::from_der(der).map_err(|error| format!("not an X.509 certificate: {error}"))?;
    let spki = certificate.public_key();
    let (public_key, bits) = match spki.parsed() {
        Ok(x509_parser::public_key::PublicKey::RSA(key)) => ("rsa".to_owned(), Some(key.key_size())),
        // The size is taken from the encoded point, whose whole bytes make P-521 look like 528.
        Ok(x509_parser::public_key::PublicKey::EC(point)) => {
            ("ec".to_owned(), Some(if point.key_size() == 528 { 521 } else { point.key_size() }))
        }
        _ => (spki.algorithm.algorithm.to_id_string(), None),
    };
    let names: Vec<String> = certificate
        .subject_alternative_name()
        .ok()
        .flatten()
        .map(|extension| {
            extension
                .value
                .general_names
                .iter()
                .filter_map(|name| match name {
                    GeneralName::DNSName(text) | GeneralName::URI(text) | GeneralName::RFC822Name(text) => Some((*text).to_owned()),
                    GeneralName::IPAddress(bytes) => address(bytes),
                    _ => None,
                })
                .collect()
        })
        .unwrap_or_default();
    let common_name = certificate.subject().iter_common_name().next().and_then(|name| name.as_str().ok()).map(str::to_owned);
    let serial: String = certificate.raw_serial().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(serde_json::json!({
        "sha256": crate::base::Digest::of(der),
        "serial": serial,
        "issuer": certificate.issuer().to_string(),
        "subject": certificate.subject().to_string(),
        "common_name": common_name,
        "sans": names.join(" "),
        "not_before": certificate.validity().not_before.timestamp(),
        "not_after": certificate.validity().not_after.timestamp(),
        "public_key": public_key,
        "bits": bits,
        "key_id": crate::base::Digest::of(spki.raw),
        "signature_algorithm": certificate.signature_algorithm.algorithm.to_id_string(),
        "is_ca": certificate.is_ca(),
    }))
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::Ipv4Addr::from(four).to_string());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|sixteen| std::net::Ipv6Addr::from(sixteen).to_string())
}

/// Applies an adapter's `prepare` steps to a document.
pub(super) fn prepare(document: &mut Value, steps: &[(serde_json_path::JsonPath, Change)]) {
    for (path, change) in steps {
        let pointers: Vec<String> = path.query_located(document).locations().map(|location| location.to_json_pointer()).collect();
        // Deepest first, so that a pointer stays right while its parents change.
        for pointer in pointers.iter().rev() {
            let Some(target) = document.pointer_mut(pointer) else {
                continue;
            };
            match change {
                Change::PercentDecode => {
                    if let Value::String(text) = target
                        && let Ok(decoded) = percent_encoding::percent_decode_str(text).decode_utf8()
                        && let Ok(Strict(inner)) = serde_json::from_str(&decoded)
                    {
                        *target = inner;
                    }
                }
                Change::Listify => {
                    if !target.is_array() {
                        *target = Value::Array(vec![target.take()]);
                    }
                }
            }
        }
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1
}

fn short(text: &str) -> String {
    const LONGEST: usize = 160;
    text.chars().take(LONGEST).collect()
}

/// A JSON value in which a key that stands twice in one object is an error: serde_json alone would keep the last one silently.
struct Strict(Value);

impl<'de> serde::Deserialize<'de> for Strict {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Strict, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> DeserializeSeed<'de> for StrictVisitor {
    type Value = Value;
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(serde_json::Number::from_f64(value).map_or(Value::Null, Value::Number))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element_seed(StrictVisitor)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = serde_json::Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value_seed(StrictVisitor)?;
            if object.contains_key(&key) {
                return Err(A::Error::custom(format!("the key `{}` stands twice in one object", short(&key))));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}
