// What the contract uses of the platform beyond the language: present in Node, browsers and workers alike.
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean });
  decode(bytes: Uint8Array): string;
}
