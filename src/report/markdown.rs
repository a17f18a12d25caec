//! Markdown (our own advice, a user's documents) as plain blocks. Raw HTML becomes the text that it is; pictures become their description.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::model::{Block, Inline};

/// Deeper nesting than any reader follows is flattened into text: a document is untrusted, and recursion needs a bound.
const DEPTH_MAX: usize = 12;

/// Parses Markdown into blocks that a renderer can lay out without reading any markup.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut reader = Reader { events: Parser::new_ext(text, Options::ENABLE_TABLES).peekable(), depth: 0 };
    let mut list = Vec::new();
    while reader.events.peek().is_some() {
        list.extend(reader.block());
    }
    list
}

struct Reader<'a> {
    events: std::iter::Peekable<Parser<'a>>,
    depth: usize,
}

impl Reader<'_> {
    fn block(&mut self) -> Option<Block> {
        self.depth += 1;
        let block = if self.depth > DEPTH_MAX { self.flat() } else { self.nested_block() };
        self.depth -= 1;
        block
    }

    fn nested_block(&mut self) -> Option<Block> {
        match self.events.next()? {
            Event::Start(Tag::Paragraph) => Some(Block::Paragraph { content: self.inlines(TagEnd::Paragraph) }),
            Event::Start(Tag::Heading { level, .. }) => {
                Some(Block::Heading { level: level as u8, content: self.inlines(TagEnd::Heading(level)) })
            }
            Event::Start(Tag::List(first)) => {
                let ordered = first.is_some();
                let mut items = Vec::new();
                while let Some(Event::Start(Tag::Item)) = self.events.peek() {
                    self.events.next();
                    items.push(self.item());
                }
                self.events.next();
                Some(Block::List { ordered, items })
            }
            Event::Start(Tag::BlockQuote(kind)) => Some(Block::Quote { blocks: self.until(&TagEnd::BlockQuote(kind)) }),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented)) => {
                let mut text = String::new();
                for event in self.events.by_ref() {
                    match event {
                        Event::Text(part) => text.push_str(&part),
                        Event::End(TagEnd::CodeBlock) => break,
                        _ => {}
                    }
                }
                Some(Block::Code { text })
            }
            Event::Start(Tag::HtmlBlock) => Some(Block::Paragraph { content: self.inlines(TagEnd::HtmlBlock) }),
            Event::Start(Tag::Table(_)) => Some(self.table()),
            Event::Html(text) | Event::Text(text) => Some(Block::Paragraph { content: vec![Inline::Text { text: text.to_string() }] }),
            _ => None,
        }
    }

    /// Everything inside the element that comes next, as bare text.
    fn flat(&mut self) -> Option<Block> {
        let mut open = 0_usize;
        let mut text = String::new();
        for event in self.events.by_ref() {
            match event {
                Event::Start(_) => open += 1,
                Event::End(_) => open = open.saturating_sub(1),
                Event::Text(part) | Event::Code(part) | Event::Html(part) | Event::InlineHtml(part) => text.push_str(&part),
                _ => text.push(' '),
            }
            if open == 0 {
                break;
            }
        }
        (!text.trim().is_empty()).then(|| Block::Paragraph { content: vec![Inline::Text { text }] })
    }

    fn until(&mut self, end: &TagEnd) -> Vec<Block> {
        let mut list = Vec::new();
        while let Some(event) = self.events.peek() {
            if matches!(event, Event::End(tag) if tag == end) {
                self.events.next();
                break;
            }
            list.extend(self.block());
        }
        list
    }

    /// The blocks of a list item; a tight item holds bare text.
    fn item(&mut self) -> Vec<Block> {
        let mut list = Vec::new();
        while let Some(event) = self.events.peek() {
            match event {
                Event::End(TagEnd::Item) => {
                    self.events.next();
                    break;
                }
                Event::Start(tag) if is_block(tag) => list.extend(self.block()),
                _ => {
                    let content = self.loose_inlines();
                    if !content.is_empty() {
                        list.push(Block::Paragraph { content });
                    }
                }
            }
        }
        list
    }

    /// The rows of a table; the parser gives every row as many cells as the first.
    fn table(&mut self) -> Block {
        let mut rows: Vec<Vec<Vec<Inline>>> = Vec::new();
        while let Some(event) = self.events.next() {
            match event {
                Event::Start(Tag::TableHead | Tag::TableRow) => rows.push(Vec::new()),
                Event::Start(Tag::TableCell) => {
                    let cell = self.inlines(TagEnd::TableCell);
                    if let Some(row) = rows.last_mut() {
                        row.push(cell);
                    }
                }
                Event::End(TagEnd::Table) => break,
                _ => {}
            }
        }
        let header = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
        Block::Table { header, rows }
    }

    fn inlines(&mut self, end: TagEnd) -> Vec<Inline> {
        let mut list = Vec::new();
        while let Some(event) = self.events.peek() {
            if matches!(event, Event::End(tag) if *tag == end) {
                self.events.next();
                break;
            }
            list.extend(self.inline());
        }
        list
    }

    /// Inlines up to something that is not one.
    fn loose_inlines(&mut self) -> Vec<Inline> {
        let mut list = Vec::new();
        while let Some(event) = self.events.peek() {
            match event {
                Event::End(TagEnd::Item) => break,
                Event::Start(tag) if is_block(tag) => break,
                _ => list.extend(self.inline()),
            }
        }
        list
    }

    fn inline(&mut self) -> Option<Inline> {
        self.depth += 1;
        let inline = self.nested_inline();
        self.depth -= 1;
        inline
    }

    fn nested_inline(&mut self) -> Option<Inline> {
        if self.depth > DEPTH_MAX && matches!(self.events.peek(), Some(Event::Start(_))) {
            return self.flat().and_then(|block| match block {
                Block::Paragraph { content } => content.into_iter().next(),
                _ => None,
            });
        }
        match self.events.next()? {
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => Some(Inline::Text { text: text.to_string() }),
            Event::Code(text) => Some(Inline::Code { text: text.to_string() }),
            Event::SoftBreak => Some(Inline::Text { text: " ".into() }),
            Event::HardBreak => Some(Inline::Break),
            Event::Start(Tag::Emphasis) => Some(Inline::Emphasis { content: self.inlines(TagEnd::Emphasis) }),
            Event::Start(Tag::Strong) => Some(Inline::Strong { content: self.inlines(TagEnd::Strong) }),
            Event::Start(Tag::Link { dest_url, .. }) => {
                let content = self.inlines(TagEnd::Link);
                let allowed = ["https://", "http://", "mailto:"].iter().any(|scheme| dest_url.starts_with(scheme));
                if allowed { Some(Inline::Link { url: dest_url.to_string(), content }) } else { Some(Inline::Emphasis { content }) }
            }
            // A picture is never loaded; what stands in its place says what it shows.
            Event::Start(Tag::Image { .. }) => Some(Inline::Emphasis { content: self.inlines(TagEnd::Image) }),
            _ => None,
        }
    }
}

fn is_block(tag: &Tag<'_>) -> bool {
    matches!(
        tag,
        Tag::Paragraph | Tag::List(_) | Tag::BlockQuote(_) | Tag::CodeBlock(_) | Tag::Heading { .. } | Tag::HtmlBlock | Tag::Table(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(content: &str) -> Inline {
        Inline::Text { text: content.into() }
    }

    #[test]
    fn markdown_becomes_plain_blocks() {
        let parsed = blocks("Do *this* now:\n\n1. First `x`\n2. Second\n\n```\ncode\n```\n");
        assert_eq!(
            parsed,
            vec![
                Block::Paragraph { content: vec![text("Do "), Inline::Emphasis { content: vec![text("this")] }, text(" now:")] },
                Block::List {
                    ordered: true,
                    items: vec![
                        vec![Block::Paragraph { content: vec![text("First "), Inline::Code { text: "x".into() }] }],
                        vec![Block::Paragraph { content: vec![text("Second")] }],
                    ],
                },
                Block::Code { text: "code\n".into() },
            ]
        );
    }

    #[test]
    fn html_stays_text_and_odd_links_lose_their_target() {
        let parsed = blocks("<script>alert(1)</script>\n\n[x](javascript:alert(1)) [y](https://a.example)");
        let shown = format!("{parsed:?}");
        assert!(shown.contains("<script>"), "as text: {shown}");
        assert!(!shown.contains("javascript:"));
        assert!(shown.contains("https://a.example"));
    }

    #[test]
    fn a_table_keeps_its_cells_and_depth_has_a_bound() {
        let parsed = blocks("| a | b |\n|---|---|\n| 1 | `2` |\n");
        assert_eq!(
            parsed,
            vec![Block::Table {
                header: vec![vec![text("a")], vec![text("b")]],
                rows: vec![vec![vec![text("1")], vec![Inline::Code { text: "2".into() }]]],
            }]
        );
        for hostile in [">".repeat(20_000) + " deep", "- ".repeat(5_000) + "deep", "*_".repeat(5_000) + "deep" + &"_*".repeat(5_000)] {
            let shown = serde_json::to_string(&blocks(&hostile)).unwrap();
            assert!(shown.contains("deep"), "the text survives");
            assert!(serde_json::from_str::<serde_json::Value>(&shown).is_ok(), "and stays shallow enough for any reader");
        }
        assert!(format!("{:?}", blocks("![a map](https://a.example/x.png)")).contains("a map"));
    }
}
