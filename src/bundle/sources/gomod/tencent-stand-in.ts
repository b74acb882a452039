/**
 * flanneld imports the SDK of a cloud vendor that is not available as a Go module. This stand-in has the same types, and
 * returns an error when that backend is used. Other backends of flannel are not affected.
 */
const SDK = 'github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud'

const common = `package common

func StringPtr(s string) *string { return &s }
func BoolPtr(b bool) *bool       { return &b }
func StringPtrs(v []string) (r []*string) {
	for i := range v {
		r = append(r, &v[i])
	}
	return
}
`

const errors = `package errors

type TencentCloudSDKError struct{ Message string }

func (e *TencentCloudSDKError) Error() string { return e.Message }
`

const vpc = `package v20170312

import "errors"

type Client struct{}
type Filter struct {
	Name   *string
	Values []*string
}
type Route struct {
	RouteId                                                 *uint64
	DestinationCidrBlock, GatewayType, GatewayId, RouteType *string
	Enabled                                                 *bool
}
type RouteTable struct {
	RouteTableId *string
	RouteSet     []*Route
}
type DescribeRouteTablesRequest struct{ Filters []*Filter }
type DescribeRouteTablesResponse struct{ Response *struct{ RouteTableSet []*RouteTable } }
type DeleteRoutesRequest struct {
	RouteTableId *string
	Routes       []*Route
}
type CreateRoutesRequest struct {
	RouteTableId *string
	Routes       []*Route
}

var errNotBuiltIn = errors.New("tencent-vpc is not built in")

func NewClientWithSecretId(a, b, c string) (*Client, error)      { return &Client{}, nil }
func NewDescribeRouteTablesRequest() *DescribeRouteTablesRequest { return &DescribeRouteTablesRequest{} }
func NewDeleteRoutesRequest() *DeleteRoutesRequest               { return &DeleteRoutesRequest{} }
func NewCreateRoutesRequest() *CreateRoutesRequest               { return &CreateRoutesRequest{} }
func (*Client) DescribeRouteTables(*DescribeRouteTablesRequest) (*DescribeRouteTablesResponse, error) {
	return nil, errNotBuiltIn
}
func (*Client) DeleteRoutes(*DeleteRoutesRequest) (any, error) { return nil, errNotBuiltIn }
func (*Client) CreateRoutes(*CreateRoutesRequest) (any, error) { return nil, errNotBuiltIn }
`

export const tencentStandIn = {
  [`${SDK}/common`]: { 'common.go': common, 'errors/errors.go': errors },
  [`${SDK}/vpc`]: { 'v20170312/vpc.go': vpc },
}
