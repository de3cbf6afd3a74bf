"use client";
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { AppError } from "@/lib/core/errors";
import { LiveProvider } from "./live/live";

/** A session that ended sends to sign-in, and back to where one was. */
function onError(error: Error) {
  if (error instanceof AppError && error.code === "unauthenticated") {
    const here = window.location.pathname + window.location.search;
    window.location.assign(`/sign-in?callbackUrl=${encodeURIComponent(here)}`);
  }
}

const permanent = (error: Error) => error instanceof AppError && error.status < 500;

function makeClient() {
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        networkMode: "always",
        refetchOnWindowFocus: true,
        retry: (failures, error) => failures < 2 && !permanent(error),
      },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}

export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(makeClient);
  return (
    <QueryClientProvider client={client}>
      <LiveProvider>{children}</LiveProvider>
    </QueryClientProvider>
  );
}
