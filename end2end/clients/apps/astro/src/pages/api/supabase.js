// Takes a token made from a template, for a service that is not Clerk's.

export async function GET({ locals }) {
  const { isAuthenticated, getToken } = locals.auth();
  if (!isAuthenticated) return new Response("Unauthorized", { status: 401 });
  const token = await getToken({ template: "supabase" });
  const claims = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
  return new Response(JSON.stringify({ sub: claims.sub, sid: claims.sid ?? null }));
}
