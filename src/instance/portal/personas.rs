//! A button for each seeded person, which signs in as them in one click. For development: there are buttons only where
//! nobody but this machine reaches the instance.

use std::sync::Arc;

use axum::{
    Form,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use maud::{Markup, html};
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::{ErrorPage, PortalError, ReturnTarget, fields::address, go_on, page::stop_page};
use crate::instance::{
    InstanceState, Person,
    accounts::Browser,
    clerk_error::ClerkError,
    tools::{FromThisMachine, SignInAs, ToolError},
};

#[derive(Debug, Deserialize)]
pub struct PersonaForm {
    /// `user_…`, of somebody who was seeded.
    user: String,
    redirect_url: Option<String>,
}

/// `POST /sign-in/as`
pub async fn submit(
    State(state): State<Arc<InstanceState>>,
    machine: Result<FromThisMachine, ClerkError>,
    headers: HeaderMap,
    Form(form): Form<PersonaForm>,
) -> Result<Response, ErrorPage> {
    let target = ReturnTarget::read(&state, form.redirect_url.as_deref()).map_err(|error| error.page(&state))?;
    let person = state.people.iter().find(|person| person.id == form.user);
    let (true, true, Some(person)) = (machine.is_ok(), has_buttons(&state), person) else {
        return Err(refusal(
            &state,
            &target,
            "Only somebody who was seeded can be signed in as, and only on this machine.",
        ));
    };
    let wanted = SignInAs { user: person.id.clone(), organization: None };
    match state.sign_in_as(&wanted, &Browser::read(&headers)).await {
        Ok(cookies) => Ok(go_on(target.as_str(), &cookies)),
        Err(ToolError::Banned) => Err(refusal(
            &state,
            &target,
            "This account is banned. Nobody can sign in to it until an administrator lifts the ban.",
        )),
        Err(ToolError::UnknownUser) => Err(refusal(&state, &target, "This account was deleted.")),
        Err(ToolError::Store(error)) => Err(PortalError::from(error).page(&state)),
        Err(error) => {
            tracing::error!(%error, "could not sign in as a seeded person");
            let next = target.back_to_sign_in(&state);
            let page = stop_page(&state, "Something went wrong here", "The log says why.", &next);
            Err(ErrorPage { status: StatusCode::INTERNAL_SERVER_ERROR, page })
        }
    }
}

fn refusal(state: &InstanceState, target: &ReturnTarget, text: &str) -> ErrorPage {
    let page = stop_page(state, "You cannot sign in this way", text, &target.back_to_sign_in(state));
    ErrorPage { status: StatusCode::FORBIDDEN, page }
}

/// Whether nobody but this machine reaches the instance.
const fn has_buttons(state: &InstanceState) -> bool {
    !state.settings.allow_non_loopback
}

/// Whom there is to try, and as far as it is safe a button for each.
pub fn people_to_try(state: &InstanceState, target: &ReturnTarget) -> Markup {
    let people = &state.people;
    html! {
        section.seeded aria-labelledby="seeded-title" {
            h2 #seeded-title { "People to try" @if has_buttons(state) { " with one click" } }
            @if has_buttons(state) {
                ul.personas { @for person in people { li { (button(state, person, target)) } } }
                details {
                    summary { "Their passwords, for the form above" }
                    (passwords(people))
                }
            } @else {
                (passwords(people))
            }
        }
    }
}

fn button(state: &InstanceState, person: &Person, target: &ReturnTarget) -> Markup {
    html! {
        form method="post" action=(state.path("sign-in/as")) {
            input type="hidden" name="redirect_url" value=(target.as_str());
            button.button.persona name="user" value=(person.id) type="submit" {
                span.avatar aria-hidden="true" { (initials(person)) }
                span.persona-name { (name(person)) }
                span.persona-email { (address(&person.email)) }
                @if !person.about.is_empty() { span.tag { (person.about) } }
            }
        }
    }
}

fn passwords(people: &[Person]) -> Markup {
    html! {
        ul {
            @for person in people {
                li { code { (address(&person.email)) } " " code { (person.password.expose_secret()) } span.tag { (person.about) } }
            }
        }
    }
}

fn name(person: &Person) -> String {
    let name = format!("{} {}", person.first_name, person.last_name);
    if name.trim().is_empty() { person.email.clone() } else { name.trim().to_owned() }
}

/// Of the name, or of the address where there is none.
fn initials(person: &Person) -> String {
    let name = name(person);
    let firsts = name.split_whitespace().filter_map(|word| word.chars().next());
    firsts.take(2).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::seed::Seed;

    #[test]
    fn whoever_has_no_name_goes_by_the_address() {
        let mut ada = Seed::default().users.remove(0);
        assert_eq!((name(&ada).as_str(), initials(&ada).as_str()), ("Ada Lovelace", "AL"));
        ada.last_name.clear();
        assert_eq!((name(&ada).as_str(), initials(&ada).as_str()), ("Ada", "A"));
        ada.first_name.clear();
        assert_eq!((name(&ada).as_str(), initials(&ada).as_str()), ("ada@example.com", "A"));
    }
}
