//! One of Clerk's own components, mounted in its place once Clerk's scripts have come.

use js_sys::{Function, JSON, Object, Promise, Reflect};
use leptos::{html::Div, prelude::*};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// `window.Clerk`
    #[derive(Clone)]
    type Clerk;

    /// Missing where Clerk's first script could not be loaded.
    #[wasm_bindgen(thread_local_v2, js_name = Clerk)]
    static CLERK: Option<Clerk>;

    /// What Clerk's second script leaves behind: the components.
    #[wasm_bindgen(thread_local_v2, js_name = __internal_ClerkUICtor)]
    static CLERK_UI: Option<Object>;

    #[wasm_bindgen(method)]
    fn load(this: &Clerk, options: &JsValue) -> Promise;
}

/// The place of a component. `mount` is the name of Clerk's method, such as `mountSignIn`; `options` are those of
/// `Clerk.load`, as JSON.
#[island]
pub fn ClerkComponent(mount: String, options: String) -> impl IntoView {
    let place = NodeRef::<Div>::new();
    let failed = RwSignal::new(false);
    Effect::new(move |_| {
        let Some(place) = place.get() else { return };
        if start(&mount, &options, place.into(), failed).is_none() {
            failed.set(true);
        }
    });
    view! {
        // Clerk puts classes of its own in the place of those that the element it gets has.
        <div class="clerk-component">
            <div node_ref=place></div>
        </div>
        // Where this is not hidden, the stylesheet shows what the page says in the component's place.
        <div class="clerk-failed" hidden=move || !failed.get()></div>
    }
}

/// Starts Clerk, then mounts the component; none if there is no Clerk to start.
fn start(mount: &str, options: &str, place: JsValue, failed: RwSignal<bool>) -> Option<()> {
    show_query_to_component();
    let clerk = CLERK.with(Clone::clone)?;
    let components = CLERK_UI.with(Clone::clone)?;
    let options = JSON::parse(options).ok()?;
    let ui = Object::new();
    Reflect::set(&ui, &"ClerkUI".into(), &components).ok()?;
    Reflect::set(&options, &"ui".into(), &ui).ok()?;
    let mount: Function = Reflect::get(&clerk, &mount.into()).ok()?.dyn_into().ok()?;
    let loading = clerk.load(&options);
    let mounting = Closure::once(move |_: JsValue| {
        if mount.call1(&clerk, &place).is_err() {
            failed.set(true);
        }
    });
    let failing = Closure::once(move |_: JsValue| failed.set(true));
    let _settled = loading.then2(&mounting, &failing);
    // The page keeps them as long as it lasts.
    mounting.forget();
    failing.forget();
    Some(())
}

/// Clerk's components keep their address behind the `#`, and look for `redirect_url` there alone.
fn show_query_to_component() {
    let location = window().location();
    let (Ok(query), Ok(hash)) = (location.search(), location.hash()) else { return };
    if hash.is_empty() && !query.is_empty() {
        // Replaced, so that one step back leads to the page before. An address that browsers refuse stays as it is.
        let _replaced = location.replace(&format!("#/{query}"));
    }
}
