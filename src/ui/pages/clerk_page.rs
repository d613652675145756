//! The pages that show Clerk's own components: signing in, signing up, the visitor's profile.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{hooks::use_query_map, location::Url};

use crate::{
    model::{ComponentSetup, PageContext},
    ui::{components::IslandScripts, islands::clerk_component::ClerkComponent},
};

/// `/sign-in`
#[component]
pub fn SignInPage() -> impl IntoView {
    let without_scripts = |setup: &ComponentSetup| setup.sign_in_without_scripts.clone();
    view! {
        <Title text="Sign in · Gatehouse" />
        <ClerkPage mount="mountSignIn" without_scripts />
    }
}

/// `/sign-up`
#[component]
pub fn SignUpPage() -> impl IntoView {
    let without_scripts = |setup: &ComponentSetup| setup.sign_up_without_scripts.clone();
    view! {
        <Title text="Sign up · Gatehouse" />
        <ClerkPage mount="mountSignUp" without_scripts />
    }
}

/// `/user-profile`
#[component]
pub fn UserProfilePage() -> impl IntoView {
    view! {
        <Title text="Your profile · Gatehouse" />
        <ClerkPage mount="mountUserProfile" without_scripts=|_: &ComponentSetup| None />
    }
}

/// Loads Clerk's scripts, which run in order and before the island does.
#[component]
fn ClerkPage(mount: &'static str, without_scripts: fn(&ComponentSetup) -> Option<String>) -> impl IntoView {
    let setup = use_context::<PageContext>().unwrap_or_default().components.unwrap_or_default();
    let elsewhere = without_scripts(&setup);
    let nonce = use_nonce();
    view! {
        <ClerkComponent mount=mount.to_owned() options=setup.options />
        <noscript>{no_scripts(elsewhere)}</noscript>
        <script defer crossorigin="anonymous" nonce=nonce.clone() src=setup.ui_url></script>
        <script
            defer
            crossorigin="anonymous"
            nonce=nonce
            data-clerk-publishable-key=setup.publishable_key
            data-clerk-proxy-url=setup.proxy_url
            src=setup.clerk_js_url
        ></script>
        <IslandScripts />
    }
}

/// The page that does the same without scripts, with the same target afterwards.
fn no_scripts(elsewhere: Option<String>) -> AnyView {
    let target = use_query_map().with_untracked(|query| query.get("redirect_url"));
    match elsewhere {
        Some(page) => {
            let query = target.map(|target| format!("?redirect_url={}", Url::escape(&target))).unwrap_or_default();
            view! {
                <p class="notice">
                    "This page needs scripts. " <a href=page + &query>"Go on without scripts"</a>
                </p>
            }
            .into_any()
        }
        None => view! { <p class="notice">"This page needs scripts."</p> }.into_any(),
    }
}
