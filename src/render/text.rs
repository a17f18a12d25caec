//! Plain text files from minijinja templates.

use minijinja::value::Serde;
use minijinja::{Environment, Value, context};

use super::RenderError;
use super::html::failed;
use crate::base::SourceTree;
use crate::report::Report;

/// Renders a template such as `text/README.txt.j2` without escaping.
pub fn render(report: &Report, templates: &SourceTree, path: &str) -> Result<Vec<u8>, RenderError> {
    let source = templates.text(path).ok_or_else(|| RenderError::Missing(path.to_owned()))?;
    let mut environment = Environment::new();
    environment.add_template("text", source).map_err(|error| failed(&error))?;
    let template = environment.get_template("text").map_err(|error| failed(&error))?;
    let values = context! { report => Value::from(Serde(report)), strings => Value::from(Serde(&report.strings)) };
    let mut rendered = template.render(values).map_err(|error| failed(&error))?;
    rendered.push('\n');
    Ok(rendered.into_bytes())
}
