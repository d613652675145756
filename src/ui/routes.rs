//! The table of pages, and who may see each.

use leptos::prelude::*;
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

use super::{
    components::layout::Layout,
    pages::{
        account_page::AccountPage, gateway_routes_page::GatewayRoutesPage, home_page::HomePage,
        not_found_page::NotFoundPage,
    },
};

/// Who may see a page. The server decides by this before anything is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Public,
    /// Signed-in users. Others are sent to sign in.
    SignedIn,
}

/// The access of the page at a route's path. A page that nobody listed is for signed-in users.
#[must_use]
pub fn access(route_path: &str) -> Access {
    match route_path {
        "/" => Access::Public,
        _ => Access::SignedIn,
    }
}

/// All pages.
#[component]
pub fn App() -> impl IntoView {
    view! {
        <Router>
            <Layout>
                <Routes fallback=NotFoundPage>
                    <Route path=path!("/") view=HomePage />
                    // The status depends on what the gateway answers, so nothing is sent before it has.
                    <Route path=path!("/account") view=AccountPage ssr=SsrMode::Async />
                    // Nor before it is known whether there is a gateway to look at.
                    <Route path=path!("/gateway-routes") view=GatewayRoutesPage ssr=SsrMode::Async />
                </Routes>
            </Layout>
        </Router>
    }
}

/// The frame of a page, and that there is none.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Router>
            <Layout>
                <NotFoundPage />
            </Layout>
        </Router>
    }
}
