//! The pages that show Clerk's own components: signing in, signing up, the visitor's profile.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{hooks::use_query_map, location::Url};

use crate::{
    model::{ComponentSetup, PageContext},
    ui::{
        components::{IslandScripts, Notice},
        islands::clerk_component::ClerkComponent,
    },
};

/// Shows the word about it as long as the browser is offline.
const OFFLINE: &str = include_str!("offline.js");

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
    let elsewhere = without_scripts(&setup).map(with_target);
    let nonce = use_nonce();
    view! {
        <div class="clerk-offline">
            <Notice kind="warning">
                <p>"This browser is offline. Nothing is sent until the network is back."</p>
            </Notice>
        </div>
        <script nonce=nonce.clone() inner_html=OFFLINE></script>
        <div class="clerk-page">
            <ClerkComponent mount=mount.to_owned() options=setup.options />
            <noscript>
                <p class="notice">
                    "This page needs scripts. "
                    {elsewhere.clone().map(|page| view! { <a href=page>"Go on without scripts"</a> })}
                </p>
            </noscript>
            <Loading />
            <Missing elsewhere />
        </div>
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

/// Shown by the stylesheet while the component's place is empty, until [`Missing`] is.
#[component]
fn Loading() -> impl IntoView {
    view! {
        <div class="card clerk-loading" role="status">
            <span class="clerk-ring" aria-hidden="true"></span>
            <p>"Loading Clerk's form…"</p>
        </div>
    }
}

/// Shown by the stylesheet, which needs no script for it: where the component's place stays empty, and at once where the
/// island knows that it will. A browser without a network runs neither the island nor Clerk.
#[component]
fn Missing(elsewhere: Option<String>) -> impl IntoView {
    view! {
        <section class="card clerk-missing" role="alert">
            <h1>"Clerk's form did not load"</h1>
            <p>"This browser is offline, or something keeps Clerk's scripts from it."</p>
            {elsewhere.map(|page| view! { <a class="button button-primary button-wide" href=page>"Use the page without scripts"</a> })}
            // The address of this page.
            <a class="button button-wide" href="">"Load it again"</a>
        </section>
    }
}

/// The page that does the same without scripts, with the same target afterwards.
fn with_target(page: String) -> String {
    let target = use_query_map().with_untracked(|query| query.get("redirect_url"));
    target.map(|target| format!("{page}?redirect_url={}", Url::escape(&target))).unwrap_or(page)
}
