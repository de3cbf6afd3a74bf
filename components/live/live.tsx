"use client";
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from "react";
import { api } from "@/lib/http/client";
import type { StatusView } from "@/lib/overview/schemas";
import { type Hint, makeFlusher } from "./hints";

/** `connecting` only right after the page came, while what the server rendered is still fresh. */
export type LiveState = "connecting" | "live" | "reconnecting" | "polling";
type Listener = (hint: Hint) => void;

interface Live {
  state: LiveState;
  /** false: what is shown may be old, so nothing can be decided */
  fresh: boolean;
  listen: (listener: Listener) => () => void;
}
const Context = createContext<Live>({ state: "connecting", fresh: true, listen: () => () => {} });
export const useLive = () => useContext(Context);

/** Calls the latest `listener` for every hint. */
export function useHints(listener: Listener) {
  const { listen } = useLive();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => listen((hint) => latest.current(hint)), [listen]);
}

const POLL_MS = 4000;
const POLL_AFTER_MS = 6000;
const RETRY_MS = 3000;

/** One stream of hints for the whole console; while it is away, polling; while that fails too, nothing is claimed. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>("connecting");
  const listeners = useRef(new Set<Listener>());
  const [listen] = useState(() => (listener: Listener) => {
    listeners.current.add(listener);
    return () => void listeners.current.delete(listener);
  });

  useEffect(() => {
    const flusher = makeFlusher(client);
    let source: EventSource | undefined;
    let retry: ReturnType<typeof setTimeout> | undefined;
    let poll: ReturnType<typeof setInterval> | undefined;
    let pollStart: ReturnType<typeof setTimeout> | undefined;
    let wasLost = false;
    const emit = (hint: Hint) => {
      flusher.add(hint);
      for (const each of listeners.current) each(hint);
    };
    const pollOnce = () =>
      api
        .get<StatusView>("/status")
        .then((status) => {
          client.setQueryData(["status"], status);
          if (!poll) return;
          setState("polling");
          emit({ t: "resync" });
        })
        .catch(() => setState("reconnecting"));
    const lost = () => {
      wasLost = true;
      setState((now) => (now === "polling" ? now : "reconnecting"));
      pollStart ??= setTimeout(() => {
        void pollOnce();
        poll ??= setInterval(() => void pollOnce(), POLL_MS);
      }, POLL_AFTER_MS);
    };
    const found = () => {
      clearTimeout(pollStart);
      clearInterval(poll);
      pollStart = poll = undefined;
      setState("live");
      if (wasLost) emit({ t: "resync" });
      wasLost = false;
    };
    const connect = () => {
      clearTimeout(retry);
      source?.close();
      source = new EventSource("/api/events");
      source.addEventListener("ready", found);
      source.addEventListener("hint", (event) => {
        try {
          emit(JSON.parse((event as MessageEvent<string>).data) as Hint);
        } catch {
          emit({ t: "resync" });
        }
      });
      source.onerror = () => {
        lost();
        if (source?.readyState === EventSource.CLOSED) retry = setTimeout(connect, RETRY_MS);
      };
    };
    // the browser's word alone proves nothing: a console on this machine needs no network
    const check = () => void api.get<StatusView>("/status").catch(lost);
    const wake = () => {
      if (document.visibilityState === "visible" && source?.readyState !== EventSource.OPEN) connect();
    };
    connect();
    window.addEventListener("offline", check);
    window.addEventListener("online", connect);
    document.addEventListener("visibilitychange", wake);
    return () => {
      window.removeEventListener("offline", check);
      window.removeEventListener("online", connect);
      document.removeEventListener("visibilitychange", wake);
      for (const timer of [retry, poll, pollStart]) clearTimeout(timer);
      flusher.stop();
      source?.close();
    };
  }, [client]);

  return <Context value={{ state, fresh: state !== "reconnecting", listen }}>{children}</Context>;
}
