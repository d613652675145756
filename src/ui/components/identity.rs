//! Who somebody is: a picture or initials, the name, the address.

use leptos::prelude::*;

use crate::model::Person;

/// Nothing but an empty name would be there for a person of whom nothing is known: then nothing is.
#[component]
pub fn Identity(person: Person) -> impl IntoView {
    let Person { name, email, picture } = person;
    let (title, email) = if name.is_some() { (name, email) } else { (email, None) };
    title.map(|title| {
        let avatar = match picture {
            Some(picture) => view! { <img class="avatar" src=picture alt="" width="48" height="48" /> }.into_any(),
            None => view! { <span class="avatar" aria-hidden="true">{initials(&title)}</span> }.into_any(),
        };
        view! {
            <div class="identity">
                {avatar}
                <p>
                    <strong class="identity-name">{title}</strong>
                    {email.map(|email| view! { <span class="muted">{email}</span> })}
                </p>
            </div>
        }
    })
}

/// The first letters of the first and the last word.
fn initials(name: &str) -> String {
    let mut firsts = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = firsts.next();
    first.into_iter().chain(firsts.next_back()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_the_last_name() {
        for (name, expected) in [
            ("Ada Lovelace", "AL"),
            ("augusta ada king", "AK"),
            ("Ada", "A"),
            ("ada@example.com", "A"),
            ("éa  ß", "ÉSS"),
        ] {
            assert_eq!(initials(name), expected, "{name}");
        }
    }
}
