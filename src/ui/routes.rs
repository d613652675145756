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
        account_page::AccountPage,
        clerk_page::{SignInPage, SignUpPage, UserProfilePage},
        endpoints_page::EndpointsPage,
        gateway_routes_page::GatewayRoutesPage,
        home_page::HomePage,
        lab_page::LabPage,
        not_found_page::NotFoundPage,
    },
};

/// Where Clerk's own components stand.
pub const SIGN_IN: &str = "/sign-in";
/// As [`SIGN_IN`].
pub const SIGN_UP: &str = "/sign-up";
/// As [`SIGN_IN`].
pub const USER_PROFILE: &str = "/user-profile";

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
        "/" | "/endpoints" | "/lab" | SIGN_IN | SIGN_UP => Access::Public,
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
                    <Route path=path!("/sign-in") view=SignInPage />
                    <Route path=path!("/sign-up") view=SignUpPage />
                    <Route path=path!("/user-profile") view=UserProfilePage />
                    <Route path=path!("/endpoints") view=EndpointsPage />
                    // The status depends on whether there is a lab.
                    <Route path=path!("/lab") view=LabPage ssr=SsrMode::Async />
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
