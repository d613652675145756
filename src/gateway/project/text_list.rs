//! A list that projects may also write as one string with commas, which is what `$env(…)` can hold.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Visitor},
};

/// The entries, without the white space around them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextList(pub Vec<String>);

impl<'de> Deserialize<'de> for TextList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextListVisitor)
    }
}

struct TextListVisitor;

impl<'de> Visitor<'de> for TextListVisitor {
    type Value = TextList;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of strings, or one string with commas")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<TextList, E> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        Ok(TextList(entries.map(str::to_owned).collect()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<TextList, A::Error> {
        let mut entries = Vec::new();
        while let Some(item) = items.next_element::<String>()? {
            entries.push(item.trim().to_owned());
        }
        Ok(TextList(entries))
    }
}
