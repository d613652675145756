// Tells the stylesheet whether the browser has a network. Clerk's components try again in silence while it has none.
const tell = () => document.documentElement.toggleAttribute("data-offline", !navigator.onLine);
addEventListener("offline", tell);
addEventListener("online", tell);
tell();
