package ids

// Pack returns the bytes of a uuid in its usual form, nil for another text.
func Pack(id string) []byte {
	const length = 36
	if len(id) != length {
		return nil
	}
	packed, digits := make([]byte, 0, 16), 0
	var high byte
	for i := range length {
		char := id[i]
		switch i {
		case 8, 13, 18, 23:
			if char != '-' {
				return nil
			}
			continue
		}
		switch {
		case '0' <= char && char <= '9':
			char -= '0'
		case 'a' <= char && char <= 'f':
			char -= 'a' - 10
		default:
			return nil
		}
		if digits++; digits%2 == 1 {
			high = char << 4
			continue
		}
		packed = append(packed, high|char)
	}
	return packed
}
