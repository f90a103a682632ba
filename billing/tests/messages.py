"""Messages for tests, typed by hand: a good one of each kind, and a way to change one place of it."""

F0401 = """<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:GEINV:eInvoiceMessage:F0401:4.1">
  <Main>
    <InvoiceNumber>QA20000050</InvoiceNumber>
    <InvoiceDate>20261103</InvoiceDate>
    <InvoiceTime>10:20:30</InvoiceTime>
    <Seller><Identifier>22099131</Identifier><Name>幸福氣瓦斯行</Name></Seller>
    <Buyer><Identifier>0000000000</Identifier><Name>消費者</Name></Buyer>
    <InvoiceType>07</InvoiceType>
    <DonateMark>0</DonateMark>
    <PrintMark>Y</PrintMark>
    <RandomNumber>0412</RandomNumber>
  </Main>
  <Details>
    <ProductItem>
      <Description>瓦斯 20公斤</Description>
      <Quantity>2</Quantity>
      <Unit>桶</Unit>
      <UnitPrice>810</UnitPrice>
      <TaxType>1</TaxType>
      <Amount>1620</Amount>
      <SequenceNumber>1</SequenceNumber>
    </ProductItem>
    <ProductItem>
      <Description>瓦斯 4公斤</Description>
      <Quantity>1</Quantity>
      <UnitPrice>230.5</UnitPrice>
      <TaxType>1</TaxType>
      <Amount>230.5</Amount>
      <SequenceNumber>2</SequenceNumber>
    </ProductItem>
  </Details>
  <Amount>
    <SalesAmount>1851</SalesAmount>
    <FreeTaxSalesAmount>0</FreeTaxSalesAmount>
    <ZeroTaxSalesAmount>0</ZeroTaxSalesAmount>
    <TaxType>1</TaxType>
    <TaxRate>0.05</TaxRate>
    <TaxAmount>0</TaxAmount>
    <TotalAmount>1851</TotalAmount>
  </Amount>
</Invoice>
"""

F0401_BUSINESS = (
    F0401.replace(
        "<Identifier>0000000000</Identifier><Name>消費者", "<Identifier>04595257</Identifier><Name>海邊餐廳"
    )
    .replace("<TaxAmount>0<", "<TaxAmount>93<")
    .replace("<TotalAmount>1851<", "<TotalAmount>1944<")
)

F0401_CARRIER = F0401.replace("<PrintMark>Y<", "<PrintMark>N<").replace(
    "<RandomNumber>",
    "<CarrierType>3J0002</CarrierType><CarrierId1>/QK-7.+Z</CarrierId1><CarrierId2>/QK-7.+Z</CarrierId2>"
    "<RandomNumber>",
)

F0401_DONATED = F0401.replace("<PrintMark>Y<", "<PrintMark>N<").replace(
    "<DonateMark>0</DonateMark>", "<DonateMark>1</DonateMark><NPOBAN>925</NPOBAN>"
)

F0501 = """<CancelInvoice xmlns="urn:GEINV:eInvoiceMessage:F0501:4.1">
  <CancelInvoiceNumber>QA20000050</CancelInvoiceNumber>
  <InvoiceDate>20261103</InvoiceDate>
  <BuyerId>0000000000</BuyerId>
  <SellerId>22099131</SellerId>
  <CancelDate>20261104</CancelDate>
  <CancelTime>08:00:00</CancelTime>
  <CancelReason>數量錯誤</CancelReason>
</CancelInvoice>"""

F0701 = (
    F0501.replace("F0501", "F0701")
    .replace("CancelInvoice", "VoidInvoice")
    .replace("CancelDate", "VoidDate")
    .replace("CancelTime", "VoidTime")
    .replace("CancelReason", "VoidReason")
)

G0401 = """<Allowance xmlns="urn:GEINV:eInvoiceMessage:G0401:4.1">
  <Main>
    <AllowanceNumber>R2611050001</AllowanceNumber>
    <AllowanceDate>20261105</AllowanceDate>
    <Seller><Identifier>22099131</Identifier><Name>幸福氣瓦斯行</Name></Seller>
    <Buyer><Identifier>04595257</Identifier><Name>海邊餐廳</Name></Buyer>
    <AllowanceType>2</AllowanceType>
    <OriginalInvoiceSellerId>22099131</OriginalInvoiceSellerId>
  </Main>
  <Details>
    <ProductItem>
      <OriginalInvoiceDate>20261103</OriginalInvoiceDate>
      <OriginalInvoiceNumber>QA20000050</OriginalInvoiceNumber>
      <OriginalSequenceNumber>1</OriginalSequenceNumber>
      <OriginalDescription>瓦斯 20公斤</OriginalDescription>
      <Quantity>1</Quantity>
      <Unit>桶</Unit>
      <UnitPrice>771.4285714</UnitPrice>
      <Amount>771</Amount>
      <Tax>39</Tax>
      <AllowanceSequenceNumber>1</AllowanceSequenceNumber>
      <TaxType>1</TaxType>
    </ProductItem>
  </Details>
  <Amount>
    <TaxAmount>39</TaxAmount>
    <TotalAmount>771</TotalAmount>
  </Amount>
</Allowance>"""

G0501 = """<CancelAllowance xmlns="urn:GEINV:eInvoiceMessage:G0501:4.1">
  <CancelAllowanceNumber>R2611050001</CancelAllowanceNumber>
  <AllowanceType>2</AllowanceType>
  <AllowanceDate>20261105</AllowanceDate>
  <BuyerId>04595257</BuyerId>
  <SellerId>22099131</SellerId>
  <CancelDate>20261106</CancelDate>
  <CancelTime>08:00:00</CancelTime>
  <CancelReason>金額錯誤</CancelReason>
</CancelAllowance>"""

E0402 = """<BranchTrackBlank xmlns="urn:GEINV:eInvoiceMessage:E0402:4.1">
  <Main>
    <HeadBan>22099131</HeadBan>
    <BranchBan>22099131</BranchBan>
    <InvoiceType>07</InvoiceType>
    <YearMonth>11512</YearMonth>
    <InvoiceTrack>QA</InvoiceTrack>
  </Main>
  <Details>
    <BranchTrackBlankItem><InvoiceBeginNo>20000060</InvoiceBeginNo>
    <InvoiceEndNo>20000099</InvoiceEndNo></BranchTrackBlankItem>
    <BranchTrackBlankItem><InvoiceBeginNo>20000055</InvoiceBeginNo>
    <InvoiceEndNo>20000055</InvoiceEndNo></BranchTrackBlankItem>
  </Details>
</BranchTrackBlank>"""

GOOD = {
    "F0401 printed": F0401,
    "F0401 business": F0401_BUSINESS,
    "F0401 carrier": F0401_CARRIER,
    "F0401 donated": F0401_DONATED,
    "F0501": F0501,
    "F0701": F0701,
    "G0401": G0401,
    "G0501": G0501,
    "E0402": E0402,
}


def change(message: str, *pairs: tuple[str, str]) -> bytes:
    """The message with each (old, new) put in; the old text must be there exactly once."""
    for old, new in pairs:
        assert message.count(old) == 1, f"{old!r} is there {message.count(old)} times"
        message = message.replace(old, new)
    return message.encode()
