/** The CRC-32 of IEEE 802.3. Node has it in zlib only since 20.15. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffff_ffff) >>> 0;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let entry = byte;
  for (let bit = 0; bit < 8; bit += 1)
    entry = entry & 1 ? (entry >>> 1) ^ 0xedb8_8320 : entry >>> 1;
  return entry >>> 0;
});
