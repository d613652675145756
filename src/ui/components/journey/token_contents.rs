//! What a session token says, part by part.

use leptos::prelude::*;

use super::words;
use crate::model::Token;

/// Header and claims with what each means, and what is withheld.
#[component]
pub fn TokenContents(token: Token) -> impl IntoView {
    let life = format!("It lives {} seconds; {} were left.", token.lifetime, token.left);
    view! {
        <p>"The token was checked against the keys that Clerk publishes. " <span>{life}</span></p>
        <details class="token" open>
            <summary>"Inside the token"</summary>
            <h4>"Header"</h4>
            <dl class="claims">{rows(token.header, words::parameter)}</dl>
            <h4>"Claims"</h4>
            <dl class="claims">{rows(token.claims, words::claim)}</dl>
            <h4>"Signature"</h4>
            <p class="muted">"Withheld: with it, these lines would be a token that anybody could use."</p>
        </details>
    }
}

fn rows(pairs: Vec<(String, String)>, meaning: fn(&str) -> &'static str) -> impl IntoView {
    let row = |(name, value): (String, String)| {
        let meaning = meaning(&name);
        view! {
            <div>
                <dt><code>{name}</code></dt>
                <dd><code>{value}</code></dd>
                <dd class="muted">{meaning}</dd>
            </div>
        }
    };
    pairs.into_iter().map(row).collect_view()
}
