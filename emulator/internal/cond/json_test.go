package cond_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

func TestEqualNumbersAreWrittenAlike(t *testing.T) {
	for want, spellings := range map[string][]string{
		`1`:                  {`1`, `1.0`, `1e0`, `10e-1`, `0.1E+1`, `1.000`},
		`0`:                  {`0`, `-0`, `0.0`, `0e99999999999`, `-0e1`},
		`-1.5`:               {`-1.5`, `-15e-1`, `-1.50`},
		`9007199254740993`:   {`9007199254740993`, `9007199254740993.0`, `9.007199254740993e15`},
		`9007199254740992`:   {`9007199254740992`},
		`0.1`:                {`0.1`, `1e-1`},
		`1e+400`:             {`1e400`, `10e399`},
		`1e999999999`:        {`1e999999999`},
		`1e1000000001`:       {`1e1000000001`},
		`"1.0"`:              {`"1.0"`},
		`[1,{"a":[2,null]}]`: {`[1.0,{"a":[2e0,null]}]`, `[1, {"a": [2.0, null]}]`},
	} {
		for _, spelling := range spellings {
			v, err := cond.Decode([]byte(spelling))
			require.NoError(t, err)
			raw, err := json.Marshal(cond.Comparable(v))
			require.NoError(t, err)
			require.Equal(t, want, string(raw), spelling)
		}
	}
}
