// The keys and instances of the run. The private keys below are worthless: made for this test, used nowhere else.

import { createHash, createPrivateKey, createPublicKey } from "node:crypto";

const KEY_A = `-----BEGIN PRIVATE KEY-----
MIIEuwIBADANBgkqhkiG9w0BAQEFAASCBKUwggShAgEAAoIBAQC+/w30/DOLZi8H
2UlYThyvfOFR059IqPf5uJqmuE4wbFFE7G0mvb5yJz8X4mXZyxp5ht4Io+EtkLci
QVJ2a0iLbyzvjJgTFRrKF5i34jrwayPufJqbXOPHhDmR6w8EEekdikPncTXubIUq
wC4+1DNAtyHqt2FPD8VaFuMON9JNw9A6q8VOFYA/rrhevh6UjPdhuS/uP+w8xR95
bbWvSalurckf7hZz3Eml/x2bF/ISTeQL3Jai5U8Yf4OS2wJinsHrkWRwy4G8kRqx
6PcO2wMYNkvqXD4QfERffgiUlwC/k+nTAbnOdcNMsKq7nqf8do3hYC5v0TB2DEQ5
c3ESSIrHAgMBAAECgf8VEg8PQNzrrgmKswKF8irIveNkg+/mPqDremGTmalgkb/4
yFHkhW9KpC6ygJWR3g+Eg4ltXrOsmM/Hba7JYMU1fAVu3tEmf7H/uIE5NSaTKdyj
UTHWtGEOxPLzn4Hv8yE71yuyeL4aBYTQwnnBTgh5uE4SUMQcehAoVi59dbzjeH37
34xRDhFIyCQcyA4WI6uTuU2wzbOx4MDUAreUFNASek3FhXmy6oCexH7sDW6C6Ca5
ndLUeZQ6Wqmw3cQF3pOaYdoXv3fQt8QrVBeYoGuOGdBpwY39/UjCD1PhsD/xqqjN
AT4KXJE3ybI4kWljy5rjybt8lz9JmNb7PNh25TECgYEA9xQ2uECMVh/Rghahv9zh
DFXpxxr6WpmPMWzOXj3YOXm8f7NhvdYg7Gvzoy15ko8gXeOuSf/rB5vCsxm/CyL5
yD2T9gQGXThaKtb+r+/oQdgxB5vA33DR0HObS171BbL/wT4e2kPuctsBeIcMMEif
yKOnmZ62jgW+JunI9YJ7uC0CgYEAxeR19MDgW3tg7r1bwvZWk02NV9rXFfGzBp2G
VLRJAHgU169AtHdPHFehowhaIv4cJz4Rg+gvyOr9KlGaeQErlP6e6wGURS/xQHHO
n7KLL0ND7VTgx8HF7+1htOasEGOfKh3tfFpgpOs7uuOWq1hDyUCyfaCYv1JQgjIx
LVusE0MCgYBh/ONCqV6+nTnSlLUrSSb7ZGslan6VRcczO8qQN4i0KqJmJrcBuZUv
DhT+xv8q75ZPhgdOE6+bQduyeeh5OzLChiFS9P+tIrcnvEIfdk6vJlUzhkK0mqKr
P937wzn7O6UQd1l3CG/dnxtzOGPOFk9AHB9Q3k/Z/U8PUbJAI7J7NQKBgCnNfO1a
4QnyIiPMdFnW16r+MuFgJRdJm1vGYt35x4IF28FEEBMPMPL3v/lEhmXl7+SKRADt
R0rV+Oy7mDn/eUlcEA3so3mKCxhl8hPiD2zIdMzppSINWNa5+m3QXICJytGGyOf/
33J3DoMIGIfReWBF/m5zQlEH/mHCYIkIWG0pAoGBAKnJT+QM8NgMF5ZKlPi1Cops
kVA0OPBSB9KZThgUOoyy5aLSbDmxBsiPKnxkTJHU+ZkZXgMa800c8cxMWy2+Yf37
ih3ew85OjZ1TSatJ0kw4FP0yiYrhaOR+ZptdrHNP5i7wJhHRg5zzuTMkVe1hA5/Z
83LI8X4t7uJ163M8KXOq
-----END PRIVATE KEY-----`;

const KEY_B = `-----BEGIN PRIVATE KEY-----
MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQC5VkURmRCUMhj6
s+kUDWYboziHh/fNXgNXevD/i2ot4iJ/eQOnxdGYpi5kqM/XhPrtVRLDntxRlmiJ
RwLgiivfdUOeNgQc68H2hl0+/BcqqbtqESgOWmwUGubKqLvHvGxSD6waDFDyroMt
TxJaje5PS9suLQvHDK7ZsRIx78G6w7YwH6iLfMy8dtN8bSyU66ECDwRAro/djrgv
T5mkIY8Zzu/LzrjPec8C+EI+d/Tfl1uuqcRPheeBDK29EjaUMUKieL+VN0a9FBvo
zKkfXXnocurduNHjCFtlmqieJY9X6M85MmzlLh95QjkQOcSLhLn3xUAHz0AXPrYm
U6bJ5sqrAgMBAAECggEADIIVAT4KT2YeJ3VS6qaI2J6oZwU3JSYOJa5Ha4e2L8iO
OXoqU/1Wyu2UPfjiphH0eWX/cTJcfikffvxK5mqM0XTxjlDo8Ca9HW0uB90tlxSD
cIId6PITTzwNjWnb2nwN92/VVqC0Kdy7P6iRfYkMp09gSHqDy/hAKLL5nmMm+Pq0
u4g00+RtOYQnizDWIRPcy9a0tg2reK7VY+4w7V5/0Dri7E1z8CzOfJ+54hgcsMHv
+3x7X+0RgoR7VbYxjSboG0zvOmaY7YQsxhGfQt9WQOx4/PqBsv8RMgxw7E6B0zYU
bx1TWyFQp2w6/dVK3VGsZi5Pl+okvHsZAZ9HdyJMIQKBgQD5EXnN+rEzgvqLLzjA
mF3CEBW2nECALKoqT+CUTBCAZoiu9ZWvOhRySRizJJZx5tKCVqgjpP3QG/uxdI56
xwMP81BgThGy/3Gb+0f15JdPzLwye3cYI6YwaybQqDI7duxemyUsD1Hxvi29edZf
La5pkiwP3dzDe/d6YhA5Ouj4mwKBgQC+frsh7M8Bsy8CmE9gArCbEfO3Dev56HBx
swGx9ybs20lP393r6b2lzXtmBGhwziIqWahxljC58ZkCo4cw7dsRgeTL5dyhVfeQ
wa5L1B6YwiHq8bX3Pn/28CvJGbHqnN4ht3mEpL1Xa0VstXP3iMCgKbXLJsdx3N11
uFLgbMxvMQKBgQDCrylRm0JFrHzgrLGkwbSPy3jde3djeQYt+q/l2ysO4pa2g5pU
FIcE6iQXa2L5d15WqRvWeNI4iJcNl7kDOWooXp0WGg/1pXwNW7Zc+yhXJQZ6Q03N
HZh6wlbdxIs3Nfb+4DCHJxZ7apdgQssRLKjnNm2gnWBBoTXJgLuDsIuIPwKBgQCp
V9fbbL0JcdTUpbnKTBnbgLX7gTDJ1MxBBzT2lBPSc45Up1qNIhkpj+Wm5zxBK75L
j7CiaTWf1xqCsgS4hno8shBHAmyEL/wIf2UGm+cnPU0RoxZ0WOdBCniiKWl0e0ct
CgHI3PpFAGOTJCuXXcZ/mxS1KCAdJI7q25UxVQbXwQKBgH7gdvYIctwglrvDc88x
b+J/FNxIm6mX0TOv1PvUfO78kdfQE8yCwtUcNIB03Mo0Eb9oAhQala/iZ99Dcbjj
pqgAACkhYa0/F2ACgilWnr2BiNaLAakp5VxXK7XytlllrfU1c4wm0+bK4woCcgc9
jbtg6SgN1u3We4k7LJT0QZW1
-----END PRIVATE KEY-----`;

const KEY_OF_A_STRANGER = `-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDEmxEYFGSRU+ci
MKQe9VTk6ujBvA1S9c4rsYxS+mstICncqNHgSaeGEqUj+rJ7Q/oJqY49n96MaZ+X
s4NJ2MrCqxSVdj/QiWu+fHAVhDbR8D7mZISFwbCDoovqBMUR29ygUzQkoz0QXYjn
gMvz9npswFSEsfZ4sLalIidAWqzqTGdbmI95UczknYI5NmiT6jOyB7Dzwu2lOoWk
VUf8ztMlx8SVc4BNieEtCINhB01YDcxdlw3ERF4G0qMqpN+7Cski8SPqSIqW3flh
rTiozLwWf/Jvf4MVfNGdf4cFE/fe9UcZfvpIsodZv8O29fXxLgRVR3gQw4T0+2fm
S462HZ+xAgMBAAECggEAGSw+RZDYNDqucD8THHr5VNrLqivmTCt4gOQESAbpMcdu
+gz227ACjj+VO7ntyqua+EwTOspdPSmJoMEAJonmotiIflSReiVw5rGvIN94rMEF
L2GfuDKNuQ+sY25wlHH2rzkdXDLhxCvTC3UpvVcJ43fCupTArpZNucSu4Dtb7XRZ
CMB313Pk8o7DcgjZy8xQQCFRbL9EYh/PhyErnXzkw2f2haLQ9y8SdyzL5V+hGCiC
LNoAUok8Z+tZYfh4tdztU2dN51bk6fcScefuNPOTD+oBKclS1rVJhEyqyxXq6WfO
1MdaOhqQKAh7Ubaki7sJGdb8Jbd2neE++ANmzxDCawKBgQDtNrWFbDD24YZH21En
6FcB9QSpN7ZnzSqD9tqE0Tq4B9gwEDCwoWWW/7NYe6xS+rlo24hylQPjQo8/n1Fg
s8aiGfUKGNPSBIlxbXc2SgvWxbkTkBRzt2WxWjQuDyQZw4R7z6XGQ54R3J88Pldj
aHFZOv/ZgR5R8t2XCFmHFH6zGwKBgQDULRFvNX5h6g/7cIBppgD9+Pvib6uyHWRJ
PeEa5vCS7IfuNO67fwykK0AIiIh/T5PTWHA6M+XD1ZWLIlyfcYHQaXp8vKPk8KRR
an7PCIyDPKOr/xN2PY9BcrlXnZ6IWpS4dQb9qRf9bkKfISSolIk/KcFIHBod+5ED
wH+sy0CZIwKBgHtpaybvEspeqq3XvHE2v42VG8et5Ig8hVICq81NzW7RJfhbc/lw
/pmAjp4KOa0yJCQZkvOJ82vYxQ4kpQHahgzv1DxcjldFZPxOJydnfqFOXOuAmiNZ
1t5eP6d22SFORy7i6SwtIZ/JWE7PYEenntD9kP5n3o5j/EUHYwyT7RbhAoGAC3Xz
vyIQlZFjE53cEdjZrN5KHM0TZSeZRyuEgUOAMy97mC5bxtzx/dwoNU3KsbXGsl/Q
kBRFkPJ0hXNxtVsYO/22lA5MfA1TkuJBv0Ui8ePQo3W/w19H4a0kvcrRyWO7LMuF
eSYtGY9fIeFUbZa4YyUKP67k6kGwb5dyTg8ciikCgYEAhcdBogjNkv6zTrXTUp6p
3iZg6t26sKf/H97pJVyq+vWVloIQeVN0Vc+nypVKaN0ZrHgg2zsWnMGyQmvqR2vD
g49LZu6zOiULUIvC7NaQ7uFkiSNpHb1fPlFlmB+0R9YV1CMikKvoJqOv8kWQ++nD
Bgr2UOifjtWMpF2wW1PsuDs=
-----END PRIVATE KEY-----`;

const ELLIPTIC_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgohxmc378629w7Hys
a+qGeMbpir+TXeJPPlroTMn7g9OhRANCAASWMiWGcmt0/IHCOFKIyASEYIM2zbNl
My+d3knozYcWBazsZsIufvls+kfyvJpbRFdPLub8i2juTLxMuiRM9LV8
-----END PRIVATE KEY-----`;

function signer(pem) {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  const { n, e } = publicKey.export({ format: "jwk" });
  const publicPem = publicKey.export({ format: "pem", type: "spki" });
  return { privateKey, n, e, publicPem };
}

export const SIGNERS = {
  a: signer(KEY_A),
  b: signer(KEY_B),
  stranger: signer(KEY_OF_A_STRANGER),
};

export const ELLIPTIC = createPrivateKey(ELLIPTIC_KEY);

/** Both instances publish a key under this name, each its own: a key found by name alone would be the wrong one. */
export const SHARED_KID = "ins_conformance_shared";

/** The names under which the owner (`a` or `b`) publishes its one key. */
export function kidsOf(owner) {
  return [SHARED_KID, `ins_conformance_${owner}`];
}

/** `CLERK_JWT_KEY` on one line, without the PEM lines. */
export function jwtKeyOf(owner) {
  return SIGNERS[owner].publicPem.replace(/-----[^-]+-----|\s/g, "");
}

/** The suffix of an instance's cookies: contract of `@clerk/shared`, worked out here a second time on purpose. */
function cookieSuffix(publishableKey) {
  const digest = createHash("sha1").update(publishableKey).digest("base64");
  return digest.replaceAll("+", "-").replaceAll("/", "_").slice(0, 8);
}

function instance(kind, owner, host) {
  const publishableKey = `pk_${kind}_${Buffer.from(`${host}$`).toString("base64")}`;
  return {
    name: `${kind}-${owner}`,
    development: kind === "test",
    owner,
    host,
    publishableKey,
    secretKey: `sk_${kind}_conformance_${owner}`,
    suffix: cookieSuffix(publishableKey),
  };
}

export const INSTANCES = {
  developmentA: instance("test", "a", "calm-otter-1.clerk.accounts.dev"),
  productionA: instance("live", "a", "clerk.example.com"),
  developmentB: instance("test", "b", "clerk.brave-lynx-2.lcl.dev"),
  productionB: instance("live", "b", "clerk.elsewhere.example"),
};
