// No I/O, no clock.

/**
 * The style of every page. Text has a contrast of at least 4.5:1 in both colour schemes (WCAG 2.2, 1.4.3). Margins are
 * logical, so that a page in a language from right to left is a mirror image. The contrast themes of
 * Windows draw the edges in their own colours.
 */
export const STYLE = `:root {
  color-scheme: light dark;
  --text: light-dark(#18202f, #e7ebf2);
  --muted: light-dark(#536074, #a3adbd);
  --back: light-dark(#f3f4f7, #0d1015);
  --card: light-dark(#fff, #181c24);
  --line: light-dark(#dde1e8, #303744);
  --edge: light-dark(#8a94a5, #6b7688);
  --accent: light-dark(#1d4ed8, #9cc0ff);
  --on-accent: light-dark(#fff, #0b1220);
}
* { box-sizing: border-box }
body { background: var(--back); color: var(--text); display: flex; flex-direction: column; font: 1rem/1.55 system-ui, sans-serif; margin: 0; min-height: 100vh; min-height: 100svh; padding: 2.5rem 1rem; overflow-wrap: anywhere }
header, main, footer { inline-size: 100%; margin-inline: auto; max-inline-size: 27rem }
main.wide { max-inline-size: 38rem }
header { margin-block-start: auto; padding-block-end: 1.5rem; text-align: center }
header p { font-size: 1.0625rem; font-weight: 600; margin: 0 }
header img { max-block-size: 3rem; max-inline-size: 100%; vertical-align: middle }
main { background: var(--card); border: 1px solid var(--line); border-radius: 1rem; box-shadow: 0 1px 2px #0000000a, 0 8px 24px #0000000f; padding: 2rem }
footer { margin-block-end: auto; min-block-size: 4.5rem; padding-block-start: 1.25rem; text-align: center }
h1 { font-size: 1.375rem; line-height: 1.3; margin: 0 0 .625rem }
h2 { font-size: 1rem; margin: 2rem 0 .5rem }
h3 { font-size: 1rem; font-weight: 600; margin: 0 }
p { margin: 0 0 .75rem }
a { color: inherit }
.muted, footer, li p { color: var(--muted); font-size: .875rem }
.actions { display: flex; flex-direction: column; gap: .625rem; margin-block-start: 1.5rem }
.action { background: var(--accent); border: 1px solid light-dark(#00000026, #ffffff26); border-radius: .5rem; color: var(--on-accent); cursor: pointer; display: inline-block; font: inherit; font-weight: 600; line-height: 1.4; padding: .625rem 1.125rem; text-align: center; text-decoration: none }
.action.second { background: none; border-color: var(--edge); color: var(--text); font-weight: 500 }
.action:hover { filter: brightness(.93) }
.action.second:hover { background: var(--back); filter: none }
:focus-visible { outline: 3px solid var(--text); outline-offset: 2px }
ul { list-style: none; margin: 0; padding: 0 }
li { align-items: center; border-block-start: 1px solid var(--line); display: flex; flex-wrap: wrap; gap: .75rem 1rem; justify-content: space-between; padding-block: .875rem }
li > div { flex: 1 1 12rem; min-inline-size: 0 }
li p { margin: .125rem 0 0 }
.note { border-inline-start: 3px solid var(--accent); padding-inline-start: .75rem }
details { border-block-start: 1px solid var(--line); color: var(--muted); font-size: .875rem; margin: 1.75rem 0 0; padding-block-start: 1rem }
summary { cursor: pointer; inline-size: fit-content }
details > :nth-child(2) { margin-block-start: .75rem }
dl { display: grid; gap: .25rem .875rem; grid-template-columns: auto 1fr; margin: 0 0 .75rem }
dd { margin: 0 }
input { background: var(--back); border: 1px solid var(--edge); border-radius: .5rem; color: var(--text); display: block; font: inherit; inline-size: 100%; margin-block-start: .25rem; padding: .5rem .75rem }
table { border-collapse: collapse; font-size: .875rem; inline-size: 100% }
th, td { border-block-start: 1px solid var(--line); font-weight: 400; padding: .375rem 0 .375rem .75rem; text-align: end; vertical-align: top }
th:first-child { padding-inline-start: 0; text-align: start }
thead th { border: 0; color: var(--muted) }
.scrolled { overflow-x: auto; overflow-wrap: normal }
code { font: .8125rem/1.5 ui-monospace, monospace }
@media (max-width: 30rem) {
  body { padding: 1.5rem .75rem }
  main { border-radius: .75rem; padding: 1.5rem 1.25rem }
}
@media (forced-colors: active) {
  main { border-color: CanvasText }
  .action, .action.second { border-color: ButtonText }
}
`;
