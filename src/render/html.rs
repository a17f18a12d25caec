//! One self-contained HTML page. Everything is escaped; styles and script are ours alone and named by their hash.

use base64::Engine as _;
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};
use sha2::{Digest as _, Sha256};

use super::{RenderError, logo};
use crate::base::SourceTree;
use crate::base::diagnostic::legible;
use crate::report::{Changes, Report};

/// Renders `templates/html/report.html.j2`.
pub fn render(report: &Report, templates: &SourceTree) -> Result<Vec<u8>, RenderError> {
    let text = |path: &str| templates.text(path).ok_or_else(|| RenderError::Missing(path.to_owned()));
    let (page, css, js) = (text("html/report.html.j2")?, text("html/report.css")?, text("html/report.js")?);
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
        source_hash(css),
        source_hash(js)
    );
    let mut environment = environment();
    environment.add_template("report.html", page).map_err(|error| failed(&error))?;
    let template = environment.get_template("report.html").map_err(|error| failed(&error))?;
    let rendered = template
        .render(context! {
            report => Value::from(Serde(report)),
            strings => Value::from(Serde(&report.strings)),
            css,
            js,
            logo => logo_address(templates),
            csp => policy
        })
        .map_err(|error| failed(&error))?;
    Ok(rendered.into_bytes())
}

/// Renders `templates/html/changes.html.j2`, a comparison or a trend. Only a page with something to filter has a script.
pub fn render_changes(changes: &Changes, templates: &SourceTree) -> Result<Vec<u8>, RenderError> {
    let text = |path: &str| templates.text(path).ok_or_else(|| RenderError::Missing(path.to_owned()));
    let (page, report_css, own_css) = (text("html/changes.html.j2")?, text("html/report.css")?, text("html/changes.css")?);
    let css = format!("{report_css}\n{own_css}");
    let js = text("html/changes.js")?;
    let scripts = if changes.filter.changes.is_empty() { String::new() } else { format!("script-src '{}'; ", source_hash(js)) };
    let policy =
        format!("default-src 'none'; style-src '{}'; {scripts}img-src data:; base-uri 'none'; form-action 'none'", source_hash(&css));
    let mut environment = environment();
    environment.add_template("changes.html", page).map_err(|error| failed(&error))?;
    let template = environment.get_template("changes.html").map_err(|error| failed(&error))?;
    let values = context! {
        report => Value::from(Serde(changes)),
        strings => Value::from(Serde(&changes.strings)),
        css,
        js,
        logo => logo_address(templates),
        csp => policy
    };
    Ok(template.render(values).map_err(|error| failed(&error))?.into_bytes())
}

/// The logo as an address that holds it; empty without one.
fn logo_address(templates: &SourceTree) -> String {
    let Some((name, bytes)) = logo(templates) else { return String::new() };
    let kind = if name.ends_with(".svg") { "svg+xml" } else { "png" };
    format!("data:image/{kind};base64,{}", base64::engine::general_purpose::STANDARD.encode(bytes))
}

/// Every value is escaped; what is invisible or turns the order of others becomes a readable escape.
fn environment<'source>() -> Environment<'source> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    environment.set_formatter(|out, state, value| match value.as_str().filter(|_| !value.is_safe()).and_then(legible) {
        Some(text) => minijinja::escape_formatter(out, state, &Value::from(text)),
        None => minijinja::escape_formatter(out, state, value),
    });
    environment
}

/// The form in which a Content-Security-Policy names an inline text.
fn source_hash(text: &str) -> String {
    format!("sha256-{}", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text.as_bytes())))
}

pub(super) fn failed(error: &minijinja::Error) -> RenderError {
    RenderError::Template(format!("{error:#}"))
}
