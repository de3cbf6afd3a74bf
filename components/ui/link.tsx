"use client";
import { useRouter } from "next/navigation";
import type { AnchorHTMLAttributes, Ref } from "react";
import { plainClick } from "./use-url";

interface Props extends AnchorHTMLAttributes<HTMLAnchorElement> {
  href: string;
  ref?: Ref<HTMLAnchorElement>;
}

/** A link within the console. Next's own would weigh 6 kB more and prefetch pages whose data is never the same twice. */
export function Link({ href, onClick, ...rest }: Props) {
  const router = useRouter();
  return (
    <a
      {...rest}
      href={href}
      onClick={(event) => {
        onClick?.(event);
        if (event.defaultPrevented || !plainClick(event)) return;
        event.preventDefault();
        router.push(href);
      }}
    />
  );
}
