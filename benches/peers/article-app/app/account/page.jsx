import { auth } from "@clerk/nextjs/server";

async function greeting(token) {
  const res = await fetch(process.env.GATEWAY_URL + "/hello", {
    headers: { Authorization: `Bearer ${token}` },
    cache: "no-store",
  });
  if (!res.ok) throw new Error(`the gateway answered ${res.status}`);
  return res.json();
}

export default async function Account() {
  const { isAuthenticated, redirectToSignIn, getToken } = await auth();
  if (!isAuthenticated) return redirectToSignIn();

  const data = await greeting(await getToken());
  return (
    <main>
      <h1>Your account</h1>
      <p>The gateway says: {data}</p>
    </main>
  );
}
