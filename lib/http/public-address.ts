import { BlockList, isIP } from "node:net";

/** IANA's special-purpose IPv4 ranges: this network, private, shared, loopback, link-local (cloud metadata), tests, multicast. */
const notPublic4 = new BlockList();
for (const range of [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
]) {
  const [network, bits] = range.split("/") as [string, string];
  notPublic4.addSubnet(network, Number(bits), "ipv4");
}

/** Of IPv6 only global unicast counts, without what is carved out of it: Teredo and its like, documentation, 6to4. */
const global6 = new BlockList();
global6.addSubnet("2000::", 3, "ipv6");
const notPublic6 = new BlockList();
for (const [network, bits] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const) {
  notPublic6.addSubnet(network, bits, "ipv6");
}

/** True for an address out in the world; false for everything private, special, embedded or unreadable. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !notPublic4.check(address, "ipv4");
  if (family !== 6 || address.includes("%")) return false;
  return global6.check(address, "ipv6") && !notPublic6.check(address, "ipv6");
}
