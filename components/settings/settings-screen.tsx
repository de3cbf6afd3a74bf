"use client";
import { useMay } from "@/components/shell/use-status";
import { PageHead } from "@/components/ui/bits";
import { AccountSection } from "./account-section";
import { NoticesSection } from "./notices-section";
import { PeopleSection } from "./people-section";
import { SessionsSection } from "./sessions-section";
import { ShortcutsSection } from "./shortcuts-section";
import { TokensSection } from "./tokens-section";

/** Only what the reader's role allows; the server decides again. */
export function SettingsScreen() {
  const may = useMay();
  return (
    <>
      <PageHead title="Settings" />
      <div className="flex max-w-[880px] flex-col gap-8">
        <AccountSection />
        <SessionsSection />
        <ShortcutsSection />
        {may("notices.read") ? <NoticesSection /> : null}
        {may("users.read") ? <PeopleSection /> : null}
        {may("tokens.read") ? <TokensSection /> : null}
      </div>
    </>
  );
}
