import { auth, currentUser } from "@clerk/nextjs/server";

async function greeting(token) {
  const response = await fetch(`${process.env.GATEWAY_URL}/hello`, {
    headers: { Authorization: `Bearer ${token}` },
    cache: "no-store",
  });
  if (!response.ok) throw new Error(`the gateway answered ${response.status}`);
  return response.json();
}

export default async function Account() {
  const { isAuthenticated, redirectToSignIn, getToken } = await auth();
  if (!isAuthenticated) return redirectToSignIn();

  const [data, user] = await Promise.all([greeting(await getToken()), currentUser()]);
  return (
    <main>
      <h1>Your account</h1>
      <p>The gateway says: {data}</p>
      <p>You are {user.primaryEmailAddress.emailAddress}</p>
    </main>
  );
}
