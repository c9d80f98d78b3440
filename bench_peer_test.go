package segmentflow_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// bare is what a careful programmer writes without this package: net/http and encoding/json, one attempt, the same
// headers. Its types have the fields of the public ones and no methods, so that encoding/json alone does the work.
type bare struct {
	http *http.Client
	base string
}

func (c *bare) call(ctx context.Context, method, path, key string, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "bare")
	req.Header.Set("X-Api-Key", apiKey)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}

	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, raw)
	}
	return json.Unmarshal(raw, out)
}

type bareSendParams struct {
	IdempotencyKey string         `json:"idempotencyKey,omitzero"` // of a batch item
	TemplateID     string         `json:"templateId,omitzero"`
	To             *bareRecipient `json:"to,omitzero"`
	ProfileID      string         `json:"profileId,omitzero"`
	From           string         `json:"from,omitzero"`
	Subject        string         `json:"subject,omitzero"`
	CC             []string       `json:"cc,omitempty"`
	Data           any            `json:"data,omitzero"`
}

type bareRecipient struct {
	Email      string `json:"email,omitzero"`
	ExternalID string `json:"externalId,omitzero"`
}

type bareBatchParams struct {
	Items []bareSendParams `json:"items"`
}

type bareBatch struct {
	Total    int `json:"total"`
	Accepted int `json:"accepted"`
	Rejected int `json:"rejected"`
	Items    []struct {
		Index          int       `json:"index"`
		IdempotencyKey string    `json:"idempotencyKey"`
		Send           *bareSend `json:"send"`
		Error          *struct {
			Error   string         `json:"error"`
			Message string         `json:"message"`
			Details map[string]any `json:"details"`
		} `json:"error"`
	} `json:"items"`
}

type bareMailbox struct {
	Email string  `json:"email"`
	Name  *string `json:"name"`
}

type bareSend struct {
	ID                 string       `json:"id"`
	Status             string       `json:"status"`
	TemplateID         string       `json:"templateId"`
	TemplateSnapshotID string       `json:"templateSnapshotId"`
	SenderProfileID    string       `json:"senderProfileId"`
	ProfileID          string       `json:"profileId"`
	From               bareMailbox  `json:"from"`
	ReplyTo            *bareMailbox `json:"replyTo"`
	Subject            string       `json:"subject"`
	To                 struct {
		Email string `json:"email"`
	} `json:"to"`
	CC                  []bareMailbox `json:"cc"`
	SubscriptionGroupID *string       `json:"subscriptionGroupId"`
	MessageID           *string       `json:"messageId"`
	FailureMessage      *string       `json:"failureMessage"`
	CreatedAt           time.Time     `json:"createdAt"`
	UpdatedAt           time.Time     `json:"updatedAt"`
}

type bareListParams struct {
	Cursor string `json:"cursor,omitzero"`
	Limit  int    `json:"limit,omitzero"`
}

type bareProfiles struct {
	Profiles []struct {
		ID         string                  `json:"id"`
		Email      string                  `json:"email"`
		ExternalID *string                 `json:"externalId"`
		Phone      *string                 `json:"phone"`
		Sources    []string                `json:"sources"`
		Properties map[string]bareProperty `json:"properties"`
		Segments   []struct {
			ID   string `json:"id"`
			Name string `json:"name"`
			Type string `json:"type"`
		} `json:"segments"`
		DeliverySuppression struct {
			Suppressed                 bool       `json:"suppressed"`
			Email                      *string    `json:"email"`
			SuppressedAt               *time.Time `json:"suppressedAt"`
			LatestBounceReason         *string    `json:"latestBounceReason"`
			LatestBounceDiagnosticCode *string    `json:"latestBounceDiagnosticCode"`
		} `json:"deliverySuppression"`
		CreatedAt time.Time `json:"createdAt"`
		UpdatedAt time.Time `json:"updatedAt"`
	} `json:"profiles"`
	ProfileCount   int     `json:"profileCount"`
	PreviousCursor *string `json:"previousCursor"`
	NextCursor     *string `json:"nextCursor"`
}

type bareProperty struct {
	Value     json.RawMessage `json:"value"`
	Source    string          `json:"source"`
	UpdatedAt time.Time       `json:"updatedAt"`
}

type bareBroadcasts struct {
	Broadcasts []struct {
		ID                  string                   `json:"id"`
		Name                string                   `json:"name"`
		Status              string                   `json:"status"`
		SegmentID           *string                  `json:"segmentId"`
		TemplateID          *string                  `json:"templateId"`
		SubscriptionGroupID *string                  `json:"subscriptionGroupId"`
		Subject             *string                  `json:"subject"`
		From                *string                  `json:"from"`
		ReplyTo             []string                 `json:"replyTo"`
		ScheduledAt         *time.Time               `json:"scheduledAt"`
		StartedAt           *time.Time               `json:"startedAt"`
		CompletedAt         *time.Time               `json:"completedAt"`
		CancelledAt         *time.Time               `json:"cancelledAt"`
		Stats               segmentflow.CarrierStats `json:"stats"`
		CreatedAt           time.Time                `json:"createdAt"`
		UpdatedAt           time.Time                `json:"updatedAt"`
	} `json:"broadcasts"`
	NextCursor     *string `json:"nextCursor"`
	PreviousCursor *string `json:"previousCursor"`
}
