// Ends with 0 if the address answers with 2xx: the images hold no curl.
const [, , address] = process.argv;
const ok = await fetch(address, { signal: AbortSignal.timeout(4_000) }).then(
  (answer) => answer.ok,
  () => false,
);
process.exitCode = ok ? 0 : 1;
