// Synchronous Ed25519 (RFC 8032, strict) and SHA-256 for pages without WebCrypto.
import { hashes, verify as check } from "@noble/ed25519";
import { sha256, sha512 } from "@noble/hashes/sha2.js";

hashes.sha512 = sha512;

export { sha256 };

// zip215:false: RFC 8032 / FIPS 186-5 acceptance, as WebCrypto and our Python side decide.
export const verify = (signature, message, publicKey) => {
  try {
    return check(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
};
