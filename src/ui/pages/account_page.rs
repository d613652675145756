//! The account page, as in the article: the gateway's answer to the signed-in user, rendered on the server.

use std::sync::LazyLock;

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;

use crate::{
    model::{Account, AccountError, PageContext},
    rpc::{self, SignOut},
    ui::{
        components::{
            Identity, IslandScripts, JourneySection, Notice, SourceDrawer,
            source::{Excerpt, source_file},
        },
        islands::token_clock::TokenClock,
    },
};

/// `/account`
#[component]
pub fn AccountPage() -> impl IntoView {
    let account = Resource::new_blocking(|| (), |()| rpc::account_data());
    view! {
        <Title text="Account · Gatehouse" />
        <h1>"Your account"</h1>
        <Suspense>
            {move || Suspend::new(async move {
                match account.await {
                    Ok(account) => view! { <SignedInAccount account /> }.into_any(),
                    Err(error) => view! { <Failure error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn SignedInAccount(account: Account) -> impl IntoView {
    let greeting = match account.greeting {
        Ok(text) => view! { <p class="greeting">{text}</p> }.into_any(),
        Err(error) => view! { <Failure error /> }.into_any(),
    };
    let organization = match account.organization {
        Some(name) => name.into_any(),
        None => view! { <span class="muted">"none active"</span> }.into_any(),
    };
    let function = SOURCES[0].as_ref();
    view! {
        <div class="account">
            <section class="card" aria-labelledby="gateway-title">
                <h2 id="gateway-title">"What the gateway says"</h2>
                {greeting}
            </section>
            <section class="card" aria-labelledby="session-title">
                <h2 id="session-title">"Your session"</h2>
                {account.person.map(|person| view! { <Identity person /> })}
                <dl class="facts">
                    <dt>"User"</dt>
                    <dd><code>{account.user_id}</code></dd>
                    <dt>"Organization"</dt>
                    <dd>{organization}</dd>
                    <dt>"Session"</dt>
                    <dd><code>{account.session_id}</code></dd>
                    <dt>"Session token"</dt>
                    <dd><TokenClock expires_at=account.token_expires_at /></dd>
                </dl>
            </section>
            <SourceDrawer
                summary="Take the session token, ask the gateway"
                excerpt=function
                counterpart="In the article: the body of app/account/page.jsx, with auth() and getToken()."
                open=true
            />
        </div>
        <JourneySection journey=account.journey />
        <Code />
        <IslandScripts />
    }
}

/// The server function, the call that it makes, and what the gateway asks of that.
static SOURCES: LazyLock<[Option<Excerpt>; 3]> = LazyLock::new(|| {
    [
        source_file!("src/rpc/account_data.rs").cut("pub async fn account_data"),
        source_file!("src/server/gateway_client.rs").cut("async fn ask"),
        source_file!("config/policies.json").cut("    {"),
    ]
});

/// Cuts the page's sources, which takes a while.
pub fn cut_sources() {
    LazyLock::force(&SOURCES);
}

/// The rest of the code that made the page: what the server function leads to.
#[component]
fn Code() -> impl IntoView {
    let [_, client, policy] = SOURCES.each_ref().map(Option::as_ref);
    view! {
        <section class="journey" aria-labelledby="code-title">
            <div class="section-head">
                <h2 id="code-title">"The code behind that"</h2>
                <p>"Taken, as above, from the files that this program was built from."</p>
            </div>
            <div class="sources">
                <SourceDrawer
                    summary="The call itself"
                    excerpt=client
                    counterpart="In the article: fetch(…, { headers: { Authorization: `Bearer ${token}` } })."
                />
                <SourceDrawer
                    summary="What the gateway asks of it"
                    excerpt=policy
                    counterpart="In the article: the same entry, letter for letter, in config/policies.json."
                />
            </div>
        </section>
    }
}

/// What went wrong, in plain words, and the way to try again. The rest of the page stays.
#[component]
fn Failure(error: AccountError) -> impl IntoView {
    let request_id = use_context::<PageContext>().unwrap_or_default().request_id;
    let (title, text) = words(error);
    view! {
        <Notice kind="error">
            <p class="notice-title">{title}</p>
            <p>{text}</p>
            <p class="request-id">"Request " <code>{request_id}</code></p>
        </Notice>
        {next_step(error)}
    }
}

/// The same request would be refused again where it is the account that may not.
fn next_step(error: AccountError) -> AnyView {
    if error == AccountError::GatewayForbids {
        return view! {
            <form method="post" action=SignOut::url() class="actions">
                <button class="button button-primary" type="submit">"Sign in as somebody else"</button>
            </form>
        }
        .into_any();
    }
    view! { <p class="actions"><a class="button button-primary" href="/account">"Try again"</a></p> }.into_any()
}

const fn words(error: AccountError) -> (&'static str, &'static str) {
    match error {
        AccountError::SignedOut => ("You are signed out", "Sign in to see your account."),
        AccountError::Unverifiable => (
            "Your session cannot be checked",
            "The public keys that check it are out of reach right now. You have not been signed out.",
        ),
        AccountError::NoToken => (
            "Clerk gave no token for your session",
            "The one you came with is about to end, and a new one could not be had. You have not been signed out.",
        ),
        AccountError::GatewayRefused => (
            "The gateway refused your session token",
            "You are signed in here, but the gateway does not accept the token. Its issuer, its keys or its authorized parties may be set for another application.",
        ),
        AccountError::GatewayForbids => (
            "The gateway does not let you in",
            "It knows who you are, and this account may not use the API. Signing in as somebody else signs you out first.",
        ),
        AccountError::GatewayLimited => ("Too many requests", "The gateway asks for a little patience."),
        AccountError::GatewayNotReady => {
            ("The gateway is not ready", "It cannot check tokens at the moment. This usually passes within seconds.")
        }
        AccountError::GatewayDown => ("The gateway is down", "Nothing answers at its address."),
        AccountError::GatewaySlow => ("The gateway is too slow", "Its answer took too long to come."),
        AccountError::GatewayNonsense => {
            ("The gateway's answer makes no sense", "It is not the greeting this page expects.")
        }
        AccountError::Transport => ("Something went wrong on the way", "The request did not come through."),
    }
}
