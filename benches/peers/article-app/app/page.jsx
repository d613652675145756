import Link from "next/link";

export default function Home() {
  return (
    <main>
      <h1>Article app</h1>
      <p>
        <Link href="/account">Your account</Link> asks the gateway for a greeting.
      </p>
    </main>
  );
}
