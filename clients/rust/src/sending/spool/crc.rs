//! CRC-32 as in Ethernet and zip: tells a record that was written in part.

const TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < table.len() {
        let mut value = table_start(index);
        let mut bit = 0;
        while bit < 8 {
            let carry = value & 1 == 1;
            value >>= 1;
            if carry {
                value ^= 0xEDB8_8320;
            }
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
}

#[expect(clippy::cast_possible_truncation, reason = "an index of the table is below 256")]
const fn table_start(index: usize) -> u32 {
    index as u32
}

/// The checksum of some bytes.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        let [low, ..] = crc.to_le_bytes();
        TABLE[usize::from(low ^ byte)] ^ (crc >> 8)
    };
    !bytes.iter().fold(u32::MAX, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_s_own_example_holds() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b""), 0);
    }
}
