//! Our own Markdown (advice, licence notes) as plain blocks. Raw HTML becomes the text that it is.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use super::model::{Block, Inline};

/// Parses Markdown into blocks that a renderer can lay out without reading any markup.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut events = Parser::new(text).peekable();
    let mut list = Vec::new();
    while events.peek().is_some() {
        list.extend(block(&mut events));
    }
    list
}

type Events<'a> = std::iter::Peekable<Parser<'a>>;

fn block(events: &mut Events<'_>) -> Option<Block> {
    match events.next()? {
        Event::Start(Tag::Paragraph) => Some(Block::Paragraph { content: inlines(events, TagEnd::Paragraph) }),
        Event::Start(Tag::Heading { level, .. }) => {
            Some(Block::Heading { level: level as u8, content: inlines(events, TagEnd::Heading(level)) })
        }
        Event::Start(Tag::List(first)) => {
            let ordered = first.is_some();
            let mut items = Vec::new();
            while let Some(event) = events.peek() {
                match event {
                    Event::Start(Tag::Item) => {
                        events.next();
                        items.push(item(events));
                    }
                    _ => {
                        events.next();
                        break;
                    }
                }
            }
            Some(Block::List { ordered, items })
        }
        Event::Start(Tag::BlockQuote(kind)) => Some(Block::Quote { blocks: until(events, &TagEnd::BlockQuote(kind)) }),
        Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented)) => {
            let mut text = String::new();
            for event in events.by_ref() {
                match event {
                    Event::Text(part) => text.push_str(&part),
                    Event::End(TagEnd::CodeBlock) => break,
                    _ => {}
                }
            }
            Some(Block::Code { text })
        }
        Event::Start(Tag::HtmlBlock) => Some(Block::Paragraph { content: inlines(events, TagEnd::HtmlBlock) }),
        Event::Html(text) | Event::Text(text) => Some(Block::Paragraph { content: vec![Inline::Text { text: text.to_string() }] }),
        _ => None,
    }
}

fn until(events: &mut Events<'_>, end: &TagEnd) -> Vec<Block> {
    let mut list = Vec::new();
    while let Some(event) = events.peek() {
        if matches!(event, Event::End(tag) if tag == end) {
            events.next();
            break;
        }
        list.extend(block(events));
    }
    list
}

/// The blocks of a list item; a tight item holds bare text.
fn item(events: &mut Events<'_>) -> Vec<Block> {
    let mut list = Vec::new();
    while let Some(event) = events.peek() {
        match event {
            Event::End(TagEnd::Item) => {
                events.next();
                break;
            }
            Event::Start(Tag::Paragraph | Tag::List(_) | Tag::BlockQuote(_) | Tag::CodeBlock(_) | Tag::Heading { .. } | Tag::HtmlBlock) => {
                list.extend(block(events))
            }
            _ => {
                let content = loose_inlines(events);
                if !content.is_empty() {
                    list.push(Block::Paragraph { content });
                }
            }
        }
    }
    list
}

fn inlines(events: &mut Events<'_>, end: TagEnd) -> Vec<Inline> {
    let mut list = Vec::new();
    while let Some(event) = events.peek() {
        if matches!(event, Event::End(tag) if *tag == end) {
            events.next();
            break;
        }
        list.extend(inline(events));
    }
    list
}

/// Inlines up to something that is not one.
fn loose_inlines(events: &mut Events<'_>) -> Vec<Inline> {
    let mut list = Vec::new();
    while let Some(event) = events.peek() {
        match event {
            Event::End(TagEnd::Item) | Event::Start(Tag::List(_) | Tag::Paragraph | Tag::CodeBlock(_) | Tag::BlockQuote(_)) => break,
            _ => list.extend(inline(events)),
        }
    }
    list
}

fn inline(events: &mut Events<'_>) -> Option<Inline> {
    match events.next()? {
        Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => Some(Inline::Text { text: text.to_string() }),
        Event::Code(text) => Some(Inline::Code { text: text.to_string() }),
        Event::SoftBreak => Some(Inline::Text { text: " ".into() }),
        Event::HardBreak => Some(Inline::Break),
        Event::Start(Tag::Emphasis) => Some(Inline::Emphasis { content: inlines(events, TagEnd::Emphasis) }),
        Event::Start(Tag::Strong) => Some(Inline::Strong { content: inlines(events, TagEnd::Strong) }),
        Event::Start(Tag::Link { dest_url, .. }) => {
            let content = inlines(events, TagEnd::Link);
            let allowed = ["https://", "http://", "mailto:"].iter().any(|scheme| dest_url.starts_with(scheme));
            if allowed { Some(Inline::Link { url: dest_url.to_string(), content }) } else { Some(Inline::Emphasis { content }) }
        }
        _ => None,
    }
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
}
