// Reads the current user, and changes it.

import { clerkClient } from "@clerk/astro/server";

export async function GET({ locals }) {
  const user = await locals.currentUser();
  if (!user) return new Response("Unauthorized", { status: 401 });
  return new Response(JSON.stringify({ userId: user.id, email: user.emailAddresses[0].emailAddress }));
}

export async function POST(context) {
  const { isAuthenticated, userId } = context.locals.auth();
  if (!isAuthenticated) return new Response("Unauthorized", { status: 401 });
  const { firstName } = await context.request.json();
  const user = await clerkClient(context).users.updateUser(userId, { firstName });
  return new Response(JSON.stringify({ firstName: user.firstName }));
}
