/** A set of hashes that takes at most 32 bytes an entry, for telling among hundreds of millions what was seen before. */

/**
 * Remembers the first 8 bytes of sha256 digests. Two of n entries share them by chance with a probability of
 * n² / 2⁶⁵: for a hundred million images, three in ten thousand.
 */
export class Fingerprints {
  size = 0;
  #slots = new BigUint64Array(1 << 10);

  /** @param digest at least 8 bytes @returns whether it was not there yet */
  add(digest: Uint8Array): boolean {
    const slot = this.#slot(fingerprint(digest));
    if (this.#slots[slot] !== 0n) return false;
    this.#slots[slot] = fingerprint(digest);
    this.size++;
    if (this.size * 2 > this.#slots.length) this.#grow();
    return true;
  }

  has(digest: Uint8Array): boolean {
    return this.#slots[this.#slot(fingerprint(digest))] !== 0n;
  }

  #slot(value: bigint): number {
    const mask = this.#slots.length - 1;
    // A digest's bits are as good as random: no further hashing.
    for (let slot = Number(value & BigInt(mask)); ; slot = (slot + 1) & mask) {
      if (this.#slots[slot] === 0n || this.#slots[slot] === value) return slot;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new BigUint64Array(old.length * 2);
    for (const value of old) if (value !== 0n) this.#slots[this.#slot(value)] = value;
  }
}

/** Eight bytes as a number; 0 marks an empty slot and is taken as 1. */
function fingerprint(digest: Uint8Array): bigint {
  return new DataView(digest.buffer, digest.byteOffset).getBigUint64(0) || 1n;
}
