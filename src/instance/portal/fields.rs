//! A form field with its label and, below it, what is wrong with it.

use maud::{Markup, html};

use crate::instance::InstanceState;

/// A field.
pub struct Field<'a> {
    pub name: &'a str,
    pub label: &'a str,
    /// HTML input type.
    pub kind: &'a str,
    pub autocomplete: &'a str,
    pub value: &'a str,
    pub required: bool,
    pub hint: Option<&'a str>,
    pub error: Option<&'a str>,
    /// Where to go instead, and what to call that.
    pub beside: Option<(&'a str, &'a str)>,
}

impl Field<'_> {
    /// The field. One with an error gets the focus and names the error to screen readers.
    pub fn render(&self) -> Markup {
        let note = self.error.or(self.hint);
        let note_id = format!("{}-note", self.name);
        html! {
            div.field {
                label for=(self.name) {
                    (self.label)
                    @if !self.required { span.optional { " (optional)" } }
                }
                input #(self.name) name=(self.name) type=(self.kind) value=(self.value) autocomplete=(self.autocomplete)
                    required[self.required] autofocus[self.error.is_some()]
                    aria-invalid=[self.error.map(|_| "true")] aria-describedby=[note.map(|_| note_id.as_str())];
                @if let Some((to, name)) = self.beside { a.beside href=(to) { (name) } }
                @if let Some(note) = note {
                    p id=(note_id) class=(if self.error.is_some() { "field-error" } else { "field-hint" }) { (note) }
                }
            }
        }
    }
}

/// The field for a code.
pub const fn code_field<'a>(wrong: bool) -> Field<'a> {
    let complaint = "This code is not right. Ask for another one if you are sure.";
    Field {
        name: "code",
        label: "Code",
        kind: "text",
        autocomplete: "one-time-code",
        value: "",
        required: true,
        hint: Some("Six digits, good for ten minutes"),
        error: if wrong { Some(complaint) } else { None },
        beside: None,
    }
}

/// An email address. Where a whole line is too short for it, it breaks before its `@`; a full stop would then stand alone,
/// so none follows.
pub fn address(email: &str) -> Markup {
    html! {
        span.address {
            @match email.split_once('@') {
                Some((local, domain)) => { (local) wbr; "@" (domain) }
                None => (email),
            }
        }
    }
}

/// Where to find what would have been sent.
pub fn in_the_outbox(state: &InstanceState) -> Markup {
    html! {
        p.muted.small { "This Clerk sends no mail: what it would have sent is in its " a href=(state.path("outbox")) { "outbox" } "." }
    }
}

/// A message above the fields, read out when the page appears.
pub fn form_error(message: Option<&str>) -> Markup {
    html! {
        @if let Some(message) = message { p.notice.notice-error role="alert" { (message) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_breaks_before_its_at_sign() {
        let shown = |email: &str| address(email).into_string();
        assert_eq!(shown("ada@example.com"), r#"<span class="address">ada<wbr>@example.com</span>"#);
        assert_eq!(shown("<b>"), r#"<span class="address">&lt;b&gt;</span>"#);
    }
}
