// Serves a bare page, as in Clerk's quickstart for JavaScript: two scripts and a few lines.

import { createServer } from "node:http";

const { CLERK_PUBLISHABLE_KEY, CLERK_PROXY_URL, CLERK_JS_URL, CLERK_UI_URL } = process.env;

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>A bare page</title>
    <script defer crossorigin="anonymous" src="${CLERK_UI_URL}"></script>
    <script
      defer
      crossorigin="anonymous"
      data-clerk-publishable-key="${CLERK_PUBLISHABLE_KEY}"
      data-clerk-proxy-url="${CLERK_PROXY_URL}"
      src="${CLERK_JS_URL}"
    ></script>
  </head>
  <body>
    <div id="user-button"></div>
    <div id="component"></div>
    <script>
      const mounts = {
        "/sign-in": "mountSignIn",
        "/sign-up": "mountSignUp",
        "/profile": "mountUserProfile",
        "/organizations": "mountOrganizationSwitcher",
      };
      window.addEventListener("load", async () => {
        const Clerk = window.Clerk;
        const options = { signInUrl: "/sign-in", signUpUrl: "/sign-up", telemetry: false };
        await Clerk.load({ ...options, ui: { ClerkUI: window.__internal_ClerkUICtor } });
        const component = document.getElementById("component");
        const mount = mounts[location.pathname];
        if (mount) Clerk[mount](component);
        else component.textContent = Clerk.user ? "Signed in as " + Clerk.user.primaryEmailAddress : "Signed out";
        if (Clerk.user) Clerk.mountUserButton(document.getElementById("user-button"));
      });
    </script>
  </body>
</html>`;

const server = createServer((_, response) => {
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.end(page);
});
server.listen(0, "127.0.0.1", () => console.log(`listening on http://localhost:${server.address().port}`));
