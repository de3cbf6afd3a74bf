import { describe, expect, it } from "vitest";
import { LEASE_MS, Lease } from "@/agent/src/lease";

const at1 = { epoch: 0, seq: 1 };
const at2 = { epoch: 0, seq: 2 };

/** The console's clock runs at monotonic time + 1 000 000. */
function start() {
  const time = { monotonic: 0, wall: 5_000 };
  const lease = new Lease({ monotonic: () => time.monotonic, wall: () => time.wall });
  const pass = (ms: number) => {
    time.monotonic += ms;
    time.wall += ms;
  };
  const consoleTime = () => 1_000_000 + time.monotonic;
  return { lease, time, pass, consoleTime };
}

describe("the lease", () => {
  it("begins with a hello at our own position and ends two seconds after the last word", () => {
    const { lease, pass, consoleTime } = start();
    expect(lease.held()).toBe(false);
    lease.hello(consoleTime(), 0, at1, at1);
    expect(lease.held()).toBe(true);
    pass(1000);
    expect(lease.heartbeat(consoleTime(), at1, at1)).toBe("renewed");
    pass(LEASE_MS - 1);
    expect(lease.held()).toBe(true);
    pass(1);
    expect(lease.held()).toBe(false);
  });

  it("is not given before a hello: a heartbeat alone may be a recording", () => {
    const { lease, consoleTime } = start();
    expect(lease.heartbeat(consoleTime(), at1, at1)).toBe("clock_unknown");
    expect(lease.held()).toBe(false);
  });

  it("counts the way of the hello against permission, never for it", () => {
    const { lease, pass, consoleTime } = start();
    const said = consoleTime();
    pass(1500);
    lease.hello(said, 0, at1, at1);
    expect(lease.consoleNow()).toBe(said + 1500);
    pass(600);
    expect(lease.held()).toBe(false);
  });

  it("is not renewed by a repeated, an older, a late or a foreign heartbeat", () => {
    const { lease, pass, consoleTime } = start();
    lease.hello(consoleTime(), 0, at1, at1);
    const first = consoleTime();
    pass(1500);
    expect(lease.heartbeat(first, at1, at1)).toBe("repeated");
    expect(lease.heartbeat(first - 1, at1, at1)).toBe("repeated");
    const delayed = consoleTime();
    pass(2100);
    expect(lease.heartbeat(delayed, at1, at1)).toBe("old");
    expect(lease.held()).toBe(false);
    expect(lease.heartbeat(consoleTime(), at2, at1)).toBe("other_bundle");
    expect(lease.heartbeat(consoleTime() + 1, at1, null)).toBe("other_bundle");
    expect(lease.held()).toBe(false);
  });

  it("follows a bundle that comes after the word about it", () => {
    const { lease, pass, consoleTime } = start();
    lease.hello(consoleTime(), 0, at2, at1);
    expect(lease.held()).toBe(false);
    pass(100);
    lease.bundleChanged(at2);
    expect(lease.held()).toBe(true);
    pass(LEASE_MS - 100);
    expect(lease.held()).toBe(false);
  });

  it("ends when the machine slept or its clock was set, until a new hello", () => {
    const { lease, time, pass, consoleTime } = start();
    lease.hello(consoleTime(), 0, at1, at1);
    time.wall += 60_000;
    expect(lease.held()).toBe(false);
    expect(lease.heartbeat(consoleTime() + 60_000, at1, at1)).toBe("clock_unknown");
    lease.hello(consoleTime() + 60_001, time.monotonic, at1, at1);
    pass(1);
    expect(lease.held()).toBe(true);
  });

  it("voids what it knows of the time when a heartbeat comes from the future, and corrects a small difference", () => {
    const { lease, pass, consoleTime } = start();
    lease.hello(consoleTime(), 0, at1, at1);
    pass(1000);
    expect(lease.heartbeat(consoleTime() + 50, at1, at1)).toBe("renewed");
    expect(lease.consoleNow()).toBe(consoleTime() + 50);
    expect(lease.heartbeat(consoleTime() + 10_000, at1, at1)).toBe("future");
    expect(lease.held()).toBe(false);
    expect(lease.consoleNow()).toBe(null);
  });

  it("stands a local clock that is slewed slowly", () => {
    const { lease, time, pass, consoleTime } = start();
    lease.hello(consoleTime(), 0, at1, at1);
    for (let i = 0; i < 3600; i++) {
      pass(1000);
      time.wall += 0.5;
      expect(lease.heartbeat(consoleTime(), at1, at1)).toBe("renewed");
    }
    expect(lease.held()).toBe(true);
  });
});
